use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body::{Body, Frame as Piece};
use prost::bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tonic::Status;

use super::frame::Frame;

/// What goes down a stream; a status ends it.
pub(super) type Down = Result<Frame, Status>;

/// The way down of one stream, as the body of its response.
#[derive(Debug)]
pub(super) struct DownStream {
    messages: mpsc::Receiver<Down>,
    /// Of the message whose head has gone.
    content: Option<Bytes>,
    has_ended: bool,
    _slot: OwnedSemaphorePermit,
}

impl DownStream {
    pub(super) fn new(messages: mpsc::Receiver<Down>, slot: OwnedSemaphorePermit) -> Self {
        DownStream { messages, content: None, has_ended: false, _slot: slot }
    }

    fn piece(&mut self, message: Option<Down>) -> Result<Piece<Bytes>, Status> {
        let status = match message {
            Some(Ok(Frame { head, content })) => {
                self.content = content;
                return Ok(Piece::data(head));
            }
            Some(Err(status)) => status,
            None => Status::ok(""),
        };
        self.has_ended = true;
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers)?;
        Ok(Piece::trailers(trailers))
    }
}

impl Body for DownStream {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Piece<Bytes>, Status>>> {
        if let Some(content) = self.content.take() {
            return Poll::Ready(Some(Ok(Piece::data(content))));
        }
        if self.has_ended {
            return Poll::Ready(None);
        }
        self.messages.poll_recv(cx).map(|message| Some(self.piece(message)))
    }
}
