//! What gestures on several wires at once ask of the graph: each one change, and so one step. It must not know the scene.

use weft_model::{Edit, Endpoint, Graph, Localised, Wire, WireId};

/// The change that carries all wires of a port to another one on the same side. A wire that feeds the other port so far
/// goes.
pub fn move_wires(graph: &Graph, from: &Endpoint, to: &Endpoint, is_output: bool) -> Result<Edit, Localised> {
    let mut gone = Vec::new();
    let mut edits = Vec::new();
    for (id, wire) in graph.wires_at(from.node) {
        let end = if is_output { &wire.from } else { &wire.to };
        if end != from {
            continue;
        }
        let wire =
            if is_output { Wire::new(to.clone(), wire.to.clone()) } else { Wire::new(wire.from.clone(), to.clone()) };
        graph.can_connect(&wire.from, &wire.to).map_err(|why| why.0)?;
        gone.push(id);
        edits.push(Edit::AddWire { id: WireId::random(), wire });
    }
    if !is_output && gone.len() > 1 && !graph.takes_many(to) {
        return Err(Localised::new(
            "this input takes one wire, and these are several",
            "该输入只接一条连线，而这里有多条",
        ));
    }
    if !is_output && !gone.is_empty() {
        gone.extend(graph.wire_into(to).filter(|id| !gone.contains(id)));
    }
    Ok(replace(gone, edits))
}

/// The change that leads a wire through a node: to its input, and from its output on. `None` if the wire is gone.
pub fn insert_on_wire(
    graph: &Graph,
    wire: WireId,
    input: &Endpoint,
    output: &Endpoint,
) -> Result<Option<Edit>, Localised> {
    let Some(Wire { from, to, .. }) = graph.wire(wire) else { return Ok(None) };
    graph.can_connect(from, input).map_err(|why| why.0)?;
    graph.can_connect(output, to).map_err(|why| why.0)?;
    let mut gone = vec![wire];
    gone.extend(graph.wire_into(input));
    let halves = [Wire::new(from.clone(), input.clone()), Wire::new(output.clone(), to.clone())];
    let edits = halves.into_iter().map(|wire| Edit::AddWire { id: WireId::random(), wire }).collect();
    Ok(Some(replace(gone, edits)))
}

/// Wires go before others come: an input takes one.
fn replace(gone: Vec<WireId>, come: Vec<Edit>) -> Edit {
    let gone = gone.into_iter().map(|id| Edit::RemoveWire { id });
    Edit::Batch { edits: gone.chain(come).collect() }
}
