use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use tollgate_budget::ReservationId;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic_prost::ProstCodec;

use crate::budget::Desk;
use crate::metrics::{Metrics, Refusal};
use crate::net::Presence;

use super::admission::Admission;
use super::limits::{MAX_NAME, MAX_RESERVE};
use super::proto::{ReserveReply, ReserveRequest};

/// The metadata of a reserve that says from which node it comes, as a stream's hello does.
const NODE: &str = "tollgate-node";

/// Reserves calls of models, beside the feed.
#[derive(Clone)]
pub(super) struct Reserves {
    desk: Desk,
    admission: Arc<Admission>,
    metrics: Arc<Metrics>,
}

impl Reserves {
    pub(super) fn new(desk: Desk, admission: Arc<Admission>, metrics: Arc<Metrics>) -> Self {
        Reserves { desk, admission, metrics }
    }

    fn admit(&self, request: &tonic::Request<ReserveRequest>) -> Result<ReservationId, Status> {
        let refuse = |refusal, status| {
            self.metrics.feed.refused(refusal);
            status
        };
        let node = request.metadata().get(NODE).and_then(|node| node.to_str().ok()).unwrap_or_default();
        if node.len() > MAX_NAME || !self.admission.admits(node, Instant::now()) {
            let status = Status::permission_denied("this companion does not admit a node of this id");
            return Err(refuse(Refusal::Node, status));
        }
        let id = <[u8; 16]>::try_from(request.get_ref().id.as_slice()).map_err(|_| {
            let status = format!("id must be 16 bytes long, not {}", request.get_ref().id.len());
            refuse(Refusal::Hello, Status::invalid_argument(status))
        })?;
        // A worker may have connections of its own for these.
        if let Some(presence) = request.extensions().get::<Presence>() {
            presence.stay();
        }
        Ok(ReservationId(id))
    }
}

impl UnaryService<ReserveRequest> for Reserves {
    type Response = ReserveReply;
    type Future = BoxFuture<'static, Result<tonic::Response<ReserveReply>, Status>>;

    fn call(&mut self, request: tonic::Request<ReserveRequest>) -> Self::Future {
        let (admitted, desk) = (self.admit(&request), self.desk.clone());
        async move { Ok(tonic::Response::new(desk.reserve(admitted?, request.into_inner()).await)) }.boxed()
    }
}

impl NamedService for Reserves {
    const NAME: &'static str = "tollgate.v1.Budgets";
}

impl Service<Request<Body>> for Reserves {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.clone();
        async move {
            Ok(match request.uri().path() {
                "/tollgate.v1.Budgets/Reserve" => {
                    let codec = ProstCodec::<ReserveReply, ReserveRequest>::default();
                    let mut grpc = Grpc::new(codec).apply_max_message_size_config(Some(MAX_RESERVE), None);
                    grpc.unary(service, request).await
                }
                other => Status::unimplemented(format!("budgets have no method `{other}`")).into_http(),
            })
        }
        .boxed()
    }
}
