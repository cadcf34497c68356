use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use anyhow::Result;
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::{HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// An external authorizer that says yes to everything without looking: no engine behind gRPC can be faster.
///
/// `envoy.service.auth.v3.CheckResponse` is empty then, so that there is nothing to encode either. One thread, on the core of
/// the load.
#[derive(Debug)]
pub(crate) struct Authorizer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Authorizer {
    pub(crate) fn start() -> Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = serve(listener) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Authorizer { address, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Authorizer {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A thread that panicked has said so itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        // Answers are small and at once: they must not wait for more.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let connection =
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service_fn(allow));
        tokio::spawn(async move {
            // It ends when Envoy does.
            let _ = connection.await;
        });
    }
}

type Answer = WithTrailers<Full<Bytes>, Ready<Option<Result<HeaderMap, Infallible>>>>;

async fn allow(request: Request<Incoming>) -> Result<Response<Answer>, Infallible> {
    // What can't be read is Envoy's to notice.
    let _ = request.into_body().collect().await;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    // One uncompressed message of no bytes.
    let message = Full::new(Bytes::from_static(&[0, 0, 0, 0, 0]));
    let mut response = Response::new(message.with_trailers(ready(Some(Ok(trailers)))));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    Ok(response)
}
