use tokio::sync::watch;

/// Tells a task that it should come to an end.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

/// Tells all tasks.
#[derive(Debug)]
pub(super) struct ShutdownTrigger(watch::Sender<bool>);

impl ShutdownTrigger {
    pub(super) fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (ShutdownTrigger(sender), Shutdown(receiver))
    }

    pub(super) fn request(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// For what is never told to end.
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        let (sender, receiver) = watch::channel(false);
        std::mem::forget(sender);
        Shutdown(receiver)
    }

    /// Returns once shutdown is requested.
    pub(crate) async fn requested(&mut self) {
        // Without a trigger there is nobody left to work for.
        let _ = self.0.wait_for(|requested| *requested).await;
    }
}
