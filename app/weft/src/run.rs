//! `weft run` and `weft resume`: a run without a window, through the same engine and with the same events.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use crossbeam_channel::{RecvTimeoutError, bounded, select};
use weft_engine::{Engine, EngineConfig, WorkerCommand};
use weft_model::text::t;
use weft_model::{Edit, Localised, NodeId, ParamKind, Severity, Value};
use weft_protocol::lanes::ClientEnd;
use weft_protocol::{Command, DeviceId, Event, RunId, RunRequest};

use crate::cli::{ResumeArgs, RunArgs, WhatArgs};
use crate::exit::{Ended, Exit};
use crate::follow::Follower;
use crate::output::Output;
use crate::plan;
use crate::project::Opened;

/// Starts an engine whose workers are this very executable.
pub fn start_engine(data_dir: &Path, wake: impl Fn() + Send + Sync + 'static) -> anyhow::Result<(Engine, ClientEnd)> {
    Ok(Engine::start(engine_config(data_dir)?.waking(wake))?)
}

/// The engine's settings, with this executable for its workers.
///
/// `WEFT_HEARTBEAT_TIMEOUT_S` says how long a worker may be silent before it is replaced, for machines under heavy load.
pub fn engine_config(data_dir: &Path) -> anyhow::Result<EngineConfig> {
    let program =
        std::env::current_exe().context("this program's own file is not known, so no worker can be started")?;
    let worker = WorkerCommand { program, args: vec!["worker".to_owned()] };
    let mut config = EngineConfig::new(data_dir, worker);
    if let Some(text) = std::env::var_os("WEFT_HEARTBEAT_TIMEOUT_S") {
        let seconds = text.to_str().and_then(|t| t.parse().ok()).filter(|s: &f64| *s >= 2.0 && *s <= 86_400.0);
        let seconds = seconds.ok_or_else(|| {
            let given = format!("WEFT_HEARTBEAT_TIMEOUT_S={}", text.display());
            Ended::usage(
                format!("{given}: seconds from 2 to 86400 are expected"),
                format!("{given}：应为 2 到 86400 秒"),
            )
        })?;
        config.patience.heartbeat = Duration::from_secs_f64(seconds);
    }
    Ok(config)
}

/// `weft run`.
pub fn run(args: &RunArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let scheduler = plan::scheduler(&args.scheduler)?;
    let limits = plan::limits(&args.limits)?;
    let request = request(&args.what, data_dir, output)?;
    let request = RunRequest { scheduler, limits, ..request };
    follow(Command::Run(Box::new(request)), args.out.as_deref(), data_dir, output)
}

/// What flags ask to be run or planned; problems of the project are told, and errors end here.
pub fn request(args: &WhatArgs, data_dir: &Path, output: &Output) -> anyhow::Result<RunRequest> {
    let mut opened = Opened::read(&args.project, data_dir)?;
    for set in &args.set {
        set_param(&mut opened, set)?;
    }
    let problems = opened.problems();
    let broken = problems.iter().any(|p| p.severity == Severity::Error);
    for problem in &problems {
        output.note(&output.problem_text(problem));
    }
    if broken {
        let path = args.project.display();
        return Err(Ended::invalid(Localised::new(
            format!("{path} cannot run: see the problems above"),
            format!("{path} 无法运行：请查看上述问题"),
        )));
    }
    let until = match &args.until {
        None => None,
        Some(name) => Some(until(&opened, name)?),
    };
    Ok(RunRequest {
        project_text: opened.project.to_text(),
        project_path: Some(opened.path.clone()),
        seed: args.seed,
        device: args.device.clone().map(DeviceId),
        until,
        fresh: args.fresh,
        ..RunRequest::default()
    })
}

/// The node to run to, as the engine knows it: the one that stands for it when subgraphs are taken apart.
fn until(opened: &Opened, name: &str) -> anyhow::Result<NodeId> {
    let path = opened.node(name)?;
    let own = path.last().copied().context("a path ends at a node")?;
    Ok(weft_model::flatten(&opened.project.graph).node_at(&path).unwrap_or(own))
}

/// `weft resume`.
pub fn resume(args: &ResumeArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let run: RunId = args.run.parse().map_err(|_| {
        let given = &args.run;
        Ended::usage(
            format!("'{given}' is not the number of a run: see `weft runs`"),
            format!("“{given}”不是运行的编号：请查看 `weft runs`"),
        )
    })?;
    follow(Command::Resume { run }, args.out.as_deref(), data_dir, output)
}

/// `--set NODE.PARAM=VALUE` in its parts. The name of a node may hold dots, of which the last parts it from the
/// parameter, and signs of equality: the first part that ends in the name of a node counts.
fn parts_of(set: &str, is_node: impl Fn(&str) -> bool) -> anyhow::Result<(&str, &str, &str)> {
    let mut first = None;
    for (at, _) in set.match_indices('=') {
        let (target, text) = (&set[..at], &set[at + 1..]);
        let Some((name, param)) = target.rsplit_once('.') else { continue };
        if is_node(name) {
            return Ok((name, param, text));
        }
        first = first.or(Some((name, param, text)));
    }
    first.ok_or_else(|| {
        let (mut en, mut zh) =
            (format!("--set {set}: NODE.PARAM=VALUE is expected"), format!("--set {set}：格式应为 NODE.PARAM=VALUE"));
        if let Some((target, _)) = set.split_once('=') {
            en += &format!(", '{target}' has no dot");
            zh += &format!("，“{target}”中没有点");
        }
        Ended::usage(en, zh)
    })
}

/// Sets a parameter for this run.
fn set_param(opened: &mut Opened, set: &str) -> anyhow::Result<()> {
    let (name, param, text) = parts_of(set, |name| opened.project.graph.find_named(name).is_some())?;
    let path = opened.node(name)?;
    let node = opened.project.graph.node_at(&path).context("the node was found a moment ago")?;
    let Some(kind) = node.decl() else {
        return Err(Ended::invalid(Localised::new(
            format!("--set {set}: '{name}' is of a kind that this version does not know"),
            format!("--set {set}：“{name}”的类型是本版本不认识的"),
        )));
    };
    let Some(decl) = kind.param(param) else {
        let known = kind.params.iter().map(|p| p.id).collect::<Vec<_>>().join(", ");
        let (known, known_zh) = match known.as_str() {
            "" => ("it has none".to_owned(), "它没有参数".to_owned()),
            known => (format!("it has {known}"), format!("它有 {known}")),
        };
        return Err(Ended::usage(
            format!("--set {set}: '{name}' has no parameter '{param}': {known}"),
            format!("--set {set}：“{name}”没有参数“{param}”：{known_zh}"),
        ));
    };
    let mut value = decl
        .parse(text)
        .map_err(|why| Ended::usage(format!("--set {set}: {}", why.en), format!("--set {set}：{}", why.zh)))?;
    if let (ParamKind::Folder, Value::Text(path)) = (decl.kind, &value) {
        value = Value::Text(std::path::absolute(path)?.to_string_lossy().into_owned());
    }
    let (id, owners) = path.split_last().context("a path ends at a node")?;
    let edit = Edit::SetParam { id: *id, param: param.to_owned(), value: Some(value) };
    opened.project.graph.apply(Edit::inside(owners, edit))?;
    Ok(())
}

/// Sends a command that starts a run, and follows the run to its end.
fn follow(command: Command, out: Option<&Path>, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    if let Some(out) = out {
        // Before hours of training, not after.
        std::fs::create_dir_all(out).map_err(|e| {
            let out = out.display();
            Ended::invalid(Localised::new(
                format!("the folder {out} cannot be made: {e}"),
                format!("无法创建文件夹 {out}：{e}"),
            ))
        })?;
    }
    let (interrupt, interrupts) = bounded::<()>(4);
    let times = AtomicUsize::new(0);
    ctrlc::set_handler(move || {
        if times.fetch_add(1, Ordering::SeqCst) >= 1 {
            std::process::exit(130);
        }
        let _full = interrupt.try_send(());
    })
    .context("Ctrl-C cannot be caught")?;

    let (engine, client) = start_engine(data_dir, || {})?;
    client.commands.send(command).context("the engine has ended")?;
    let mut follower = Follower::new(output, out.map(Path::to_owned));
    let mut interrupted = false;
    let exit = loop {
        // Life-cycle events are few, and may not overtake the samples that came before them.
        select! {
            recv(client.events) -> event => {
                let event = event.context("the engine has ended unexpectedly")?;
                while let Ok(sample) = client.samples.try_recv() {
                    follower.sample(sample);
                }
                if let Event::Behind { missing_from } = event.event {
                    client.commands.send(Command::ReadEvents { from: missing_from }).context("the engine has ended")?;
                } else if let Some(exit) = follower.event(event.event)? {
                    break exit;
                }
            }
            recv(client.samples) -> sample => {
                if let Ok(sample) = sample {
                    follower.sample(sample);
                }
            }
            recv(interrupts) -> _ => {
                interrupted = true;
                follower.tell(t("stopping; once more to end at once", "正在停止；再按一次立即结束").get(output.lang));
                client.commands.send(Command::Stop).context("the engine has ended")?;
            }
        }
    };
    drop(client);
    drop(engine);
    // A run that had ended well before the signal could reach it has not been interrupted.
    Ok(if interrupted && exit != Exit::Done { Exit::Interrupted } else { exit })
}

/// Waits for an answer of the engine among its events.
pub fn wait_for<T>(client: &ClientEnd, limit: Duration, mut pick: impl FnMut(Event) -> Option<T>) -> anyhow::Result<T> {
    let end = Instant::now() + limit;
    loop {
        match client.events.recv_deadline(end) {
            Ok(event) => {
                if let Some(found) = pick(event.event) {
                    return Ok(found);
                }
            }
            Err(RecvTimeoutError::Timeout) => bail!("the engine has not answered within {} s", limit.as_secs()),
            Err(RecvTimeoutError::Disconnected) => bail!("the engine has ended unexpectedly"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nodes_may_hold_dots_and_signs_of_equality() {
        let names = ["train", "训练 v1.2", "a=b"];
        let parts = |set| parts_of(set, |name| names.contains(&name)).ok();
        for (set, expected) in [
            ("train.epochs=3", Some(("train", "epochs", "3"))),
            ("train.path=a=b.c=d", Some(("train", "path", "a=b.c=d"))),
            ("训练 v1.2.epochs=3", Some(("训练 v1.2", "epochs", "3"))),
            ("a=b.epochs=3", Some(("a=b", "epochs", "3"))),
            ("other.epochs=a.b=c", Some(("other", "epochs", "a.b=c"))),
            ("train.seed=", Some(("train", "seed", ""))),
            ("nonsense", None),
            ("train=3", None),
        ] {
            assert_eq!(parts(set), expected, "{set}");
        }
    }
}
