use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::Response;
use super::parse::{self, Framing};
use crate::wait::DEADLINE;

/// One connection that speaks HTTP/1.1 and is kept between requests.
pub struct Http1 {
    stream: Box<dyn Stream>,
    host: String,
    /// Received and not yet part of an answer.
    buffer: Vec<u8>,
}

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

impl std::fmt::Debug for Http1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http1").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Http1 {
    /// Connects in plain text.
    ///
    /// # Errors
    ///
    /// When nothing listens there.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        Ok(Self::over(Box::new(tcp(address)?), address))
    }

    /// Connects with TLS. The handshake happens with the first request, and so does its failure.
    ///
    /// # Errors
    ///
    /// When nothing listens there.
    pub fn connect_tls(address: SocketAddr, config: Arc<ClientConfig>) -> Result<Self> {
        let connection = ClientConnection::new(config, ServerName::IpAddress(address.ip().into()))?;
        Ok(Self::over(Box::new(StreamOwned::new(connection, tcp(address)?)), address))
    }

    fn over(stream: Box<dyn Stream>, address: SocketAddr) -> Self {
        Http1 { stream, host: address.to_string(), buffer: Vec::new() }
    }

    /// Sends one request and reads its answer. `host` (unless given) and `content-length` (where there is a body) are added.
    ///
    /// # Errors
    ///
    /// When the connection breaks, or closes without an answer.
    pub fn request(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Response> {
        let mut message = format!("{method} {target} HTTP/1.1\r\n");
        let mut line = |name: &str, value: &str| message.extend([name, ": ", value, "\r\n"]);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            line("host", &self.host);
        }
        headers.iter().for_each(|(name, value)| line(name, value));
        if !body.is_empty() {
            line("content-length", &body.len().to_string());
        }
        message.push_str("\r\n");
        let mut message = message.into_bytes();
        message.extend_from_slice(body);
        self.send(&message)?;
        let answer = self.read(method == "HEAD")?;
        answer.with_context(|| format!("{method} `{target}`: the connection was closed without an answer"))
    }

    /// Sends these bytes, whatever they are.
    ///
    /// # Errors
    ///
    /// When the connection is gone.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)?;
        Ok(self.stream.flush()?)
    }

    /// Reads the next answer (to a HEAD request if `answers_head`); `None` if the server closes the connection instead.
    ///
    /// # Errors
    ///
    /// When what comes is not an HTTP/1.1 response, or is cut off.
    pub fn read(&mut self, answers_head: bool) -> Result<Option<Response>> {
        let head = loop {
            match parse::head(&self.buffer)? {
                Some(head) if head.status < 200 && head.status != 101 => drop(self.buffer.drain(..head.length)),
                Some(head) => break head,
                None if self.receive()? => {}
                None if self.buffer.is_empty() => return Ok(None),
                None => bail!("the connection was closed inside an answer's head"),
            }
        };
        self.buffer.drain(..head.length);
        let body = match head.framing(answers_head)? {
            Framing::Length(length) => self.sized(length)?,
            Framing::Chunked => self.chunked()?,
            Framing::Close => {
                while self.receive()? {}
                std::mem::take(&mut self.buffer)
            }
        };
        Ok(Some(head.with_body(body)))
    }

    fn sized(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.receive()? {
                bail!("the connection was closed inside an answer's body");
            }
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn chunked(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some((body, taken)) = parse::chunks(&self.buffer)? {
                self.buffer.drain(..taken);
                return Ok(body);
            }
            if !self.receive()? {
                bail!("the connection was closed inside an answer's body");
            }
        }
    }

    /// Whether more bytes came; `false` means that the server has closed the connection, politely or not.
    fn receive(&mut self) -> Result<bool> {
        let mut chunk = [0_u8; 16 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => Ok(false),
            Ok(length) => {
                self.buffer.extend(chunk.iter().take(length));
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn tcp(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    Ok(stream)
}
