//! Messages on a byte stream: four bytes of length, least significant first, then MessagePack.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// No message is longer [bytes]: data and weights pass as files. A longer length means that the stream is out of step.
pub const MAX_BYTES: usize = 64 << 20;

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream ended between two messages: the other side is gone.
    #[error("the other side has closed the connection")]
    Closed,
    /// The stream broke within a message, or could not be read or written.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// The length is beyond [`MAX_BYTES`].
    #[error("a message of {0} bytes is announced, more than any message has: the stream is out of step")]
    TooLong(usize),
    /// The bytes are not the message that was expected.
    #[error("a message cannot be read: {0}")]
    Decode(#[from] rmp_serde::decode::Error),
    /// The message cannot be written as bytes.
    #[error("a message cannot be written: {0}")]
    Encode(#[from] rmp_serde::encode::Error),
}

/// Writes a message and flushes.
///
/// # Errors
/// When the stream breaks, or the message is beyond [`MAX_BYTES`].
pub fn write<T: Serialize>(stream: &mut impl Write, message: &T) -> Result<(), FrameError> {
    let mut bytes = vec![0; 4];
    rmp_serde::encode::write_named(&mut bytes, message)?;
    let length = bytes.len() - 4;
    if length > MAX_BYTES {
        return Err(FrameError::TooLong(length));
    }
    bytes[..4].copy_from_slice(&(length as u32).to_le_bytes());
    stream.write_all(&bytes)?;
    stream.flush()?;
    Ok(())
}

/// Reads a message; waits for it.
///
/// # Errors
/// [`FrameError::Closed`] at the end of the stream; others when it breaks or is out of step.
pub fn read<T: DeserializeOwned>(stream: &mut impl Read) -> Result<T, FrameError> {
    let mut length = [0; 4];
    let mut got = 0;
    while got < length.len() {
        match stream.read(&mut length[got..]) {
            Ok(0) if got == 0 => return Err(FrameError::Closed),
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_BYTES {
        return Err(FrameError::TooLong(length));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(rmp_serde::from_slice(&bytes)?)
}
