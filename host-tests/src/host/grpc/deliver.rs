//! The server's side of gRPC calls and streams, played by a test.

use super::super::abi::{GrpcId, GrpcStatus, RootId};
use super::super::bytes::Bytes;
use super::super::error::HostError;
use super::super::headers::HeaderMap;
use super::super::vm::Vm;
use super::{GrpcCall, GrpcStream, GrpcStreamState};

impl Vm {
    /// The unary calls that wait for their answers, oldest first.
    pub fn grpc_calls(&self) -> impl Iterator<Item = &GrpcCall> {
        self.state().grpc.calls.values()
    }

    /// Every stream the guest opened, oldest first, those that are gone included.
    pub fn grpc_streams(&self) -> impl Iterator<Item = &GrpcStream> {
        self.state().grpc.streams.values()
    }

    /// The messages the guest sent on a stream since they were last taken.
    ///
    /// # Errors
    ///
    /// If there never was such a stream.
    pub fn take_grpc_sent(&mut self, id: GrpcId) -> Result<Vec<Bytes>, HostError> {
        let stream = self.state_mut().grpc.streams.get_mut(&id);
        let stream = stream.ok_or(HostError::NoGrpc(id))?;
        Ok(std::mem::take(&mut stream.sent))
    }

    /// Answers a unary call with a message.
    ///
    /// # Errors
    ///
    /// If no such call waits, or the guest traps.
    pub fn answer_grpc_call(&mut self, id: GrpcId, message: impl Into<Bytes>) -> Result<(), HostError> {
        let call = self.state_mut().grpc.calls.remove(&id);
        let root = call.ok_or(HostError::NoGrpc(id))?.root;
        self.receive(root, id, message.into())
    }

    /// Ends a unary call with a status other than ok.
    ///
    /// # Errors
    ///
    /// If no such call waits, or the guest traps.
    pub fn fail_grpc_call(&mut self, id: GrpcId, status: GrpcStatus, message: &str) -> Result<(), HostError> {
        let call = self.state_mut().grpc.calls.remove(&id);
        let root = call.ok_or(HostError::NoGrpc(id))?.root;
        self.close(root, id, status, message)
    }

    /// Delivers a stream's initial metadata.
    ///
    /// # Errors
    ///
    /// If no such stream is open, or the guest traps.
    pub fn deliver_grpc_initial_metadata<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        id: GrpcId,
        metadata: &[(N, V)],
    ) -> Result<(), HostError> {
        let root = self.open_stream(id)?;
        let metadata = HeaderMap::new(metadata);
        let arguments = (root.0, id.0, metadata.count());
        self.state_mut().grpc.initial_metadata = Some(metadata);
        let callback = "proxy_on_grpc_receive_initial_metadata";
        let outcome = self.call::<_, ()>(root.into(), callback, arguments);
        self.state_mut().grpc.initial_metadata = None;
        outcome.map(|_| ())
    }

    /// Delivers a message on a stream.
    ///
    /// # Errors
    ///
    /// If no such stream is open, or the guest traps.
    pub fn deliver_grpc_message(&mut self, id: GrpcId, message: impl Into<Bytes>) -> Result<(), HostError> {
        let root = self.open_stream(id)?;
        self.receive(root, id, message.into())
    }

    /// Delivers a stream's trailing metadata.
    ///
    /// # Errors
    ///
    /// If no such stream is open, or the guest traps.
    pub fn deliver_grpc_trailing_metadata<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        id: GrpcId,
        metadata: &[(N, V)],
    ) -> Result<(), HostError> {
        let root = self.open_stream(id)?;
        let metadata = HeaderMap::new(metadata);
        let arguments = (root.0, id.0, metadata.count());
        self.state_mut().grpc.trailing_metadata = Some(metadata);
        let callback = "proxy_on_grpc_receive_trailing_metadata";
        let outcome = self.call::<_, ()>(root.into(), callback, arguments);
        self.state_mut().grpc.trailing_metadata = None;
        outcome.map(|_| ())
    }

    /// Closes a stream from the server's side, or because the connection broke.
    ///
    /// # Errors
    ///
    /// If no such stream is open, or the guest traps.
    pub fn close_grpc_stream(&mut self, id: GrpcId, status: GrpcStatus, message: &str) -> Result<(), HostError> {
        let root = self.open_stream(id)?;
        // Marked first: the guest's own close or cancel in the callback must find it closed.
        if let Some(stream) = self.state_mut().grpc.known_stream(id) {
            stream.state = match stream.state {
                GrpcStreamState::ClosedByGuest => GrpcStreamState::Gone,
                _ => GrpcStreamState::ClosedByServer(status),
            };
        }
        self.close(root, id, status, message)
    }

    fn open_stream(&self, id: GrpcId) -> Result<RootId, HostError> {
        let stream = self.state().grpc.streams.get(&id);
        let stream = stream.filter(|stream| stream.is_open());
        Ok(stream.ok_or(HostError::NoGrpc(id))?.root)
    }

    fn receive(&mut self, root: RootId, id: GrpcId, message: Bytes) -> Result<(), HostError> {
        let size = u32::try_from(message.len()).unwrap_or(u32::MAX);
        self.state_mut().grpc.message = Some(message);
        let arguments = (root.0, id.0, size);
        let outcome = self.call::<_, ()>(root.into(), "proxy_on_grpc_receive", arguments);
        self.state_mut().grpc.message = None;
        outcome.map(|_| ())
    }

    fn close(&mut self, root: RootId, id: GrpcId, status: GrpcStatus, message: &str) -> Result<(), HostError> {
        self.state_mut().last_status = (status.0, message.to_owned());
        let arguments = (root.0, id.0, status.0);
        let outcome = self.call::<_, ()>(root.into(), "proxy_on_grpc_close", arguments);
        self.state_mut().last_status.1.clear();
        outcome.map(|_| ())
    }
}
