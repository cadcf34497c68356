//! An embedder that asks a service: any that answers `POST …/v1/embeddings` the way OpenAI's does.
//!
//! A call is cut into requests that the service takes; each is made until it is answered well, the trouble is of a kind that
//! asking again does not mend, or patience ends. Nothing of an answer is believed unchecked.

mod answer;
mod breaker;
mod config;
mod endpoint;
mod fault;
mod key;
mod patience;
mod question;
mod service;
#[cfg(test)]
mod tests;

use std::sync::{Arc, mpsc};
use std::time::Instant;

use tokio::runtime::Handle;
use tollgate_search::{EmbedError, Embedder, Model, ModelVersion, Purpose, Vector, fingerprint};

pub(crate) use config::{HttpConfig, QuerySeconds};
pub(crate) use service::ServiceError;

use crate::sparingly::Sparingly;

use breaker::Breaker;
use fault::Fault;
use key::KeyFrom;
use patience::Patience;
use question::Questions;
use service::Service;

/// Embeds by asking a service over HTTP.
#[derive(Debug)]
pub(crate) struct HttpEmbedder {
    model: Model,
    config: HttpConfig,
    service: Arc<Service>,
    /// For queries: whoever embeds policies waits as long as it takes.
    breaker: Breaker,
    said: Sparingly,
    runtime: Handle,
}

impl HttpEmbedder {
    /// For a service, which is not asked yet. Requests run on `runtime`; [`Embedder::embed`] blocks, and is not to be called
    /// from one of its tasks.
    ///
    /// # Errors
    /// If the configuration contradicts itself, or there are no certificates to trust.
    pub(crate) fn new(config: HttpConfig, version: ModelVersion, runtime: Handle) -> Result<Self, ServiceError> {
        let service = Arc::new(Service::new(&config)?);
        let (model, breaker, said) = (config.model(version), Breaker::default(), Sparingly::default());
        Ok(HttpEmbedder { model, config, service, breaker, said, runtime })
    }

    /// Somebody waits for it, who is told at once what is known already.
    fn ask_unless_broken(&self, texts: &[&str]) -> Result<Vec<Vector>, EmbedError> {
        if !self.breaker.admits(Instant::now()) {
            let reason = format!("{} failed a moment ago, and is asked again in a few seconds", self.config.url);
            return Err(EmbedError::Later { reason, after: None });
        }
        let answer = self.ask(texts, Purpose::Query);
        match &answer {
            Err(EmbedError::Later { after, .. }) => self.breaker.failed(*after, Instant::now()),
            Ok(_) | Err(EmbedError::Never { .. }) => self.breaker.answered(),
        }
        if let Err(EmbedError::Later { reason, .. } | EmbedError::Never { reason }) = &answer
            && self.said.is_due(reason, Instant::now())
        {
            tracing::warn!(reason, "what is searched for cannot be embedded");
        }
        answer
    }

    fn ask(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vector>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for question in Questions::of(texts, &self.config)? {
            let patience = Patience::of(purpose, self.config.limits);
            vectors.extend(self.insist(question.body(&self.config), question.texts(), patience)?);
        }
        Ok(vectors)
    }

    /// On the runtime, while this thread waits. A runtime that is shut down drops the task and with it the sender.
    fn insist(&self, body: Vec<u8>, texts: usize, patience: Patience) -> Result<Vec<Vector>, EmbedError> {
        let key = self.config.key.as_ref().map(KeyFrom::read).transpose();
        let key = key.map_err(|error| Fault::Key(error).from(&self.config.url))?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let service = Arc::clone(&self.service);
        self.runtime.spawn(async move { sender.send(service.insist(body.into(), texts, key, patience).await) });
        let gone = || EmbedError::Later { reason: "the companion is shutting down".to_owned(), after: None };
        receiver.recv().map_err(|_| gone())?
    }
}

impl Embedder for HttpEmbedder {
    fn model(&self) -> &Model {
        &self.model
    }

    fn embed(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vector>, EmbedError> {
        match purpose {
            Purpose::Policy => self.ask(texts, purpose),
            Purpose::Query => self.ask_unless_broken(texts),
        }
    }
}

impl HttpConfig {
    /// What its vectors are of, which is known without asking.
    ///
    /// The address is no part of it: a model is the same behind another gateway, port or region, and moving it should not
    /// cost every vector. Whoever puts another model behind the same name gives it another version.
    pub(crate) fn model(&self, version: ModelVersion) -> Model {
        let dimensions = self.dimensions.get().to_le_bytes();
        let fingerprint = fingerprint("http", &[self.model.as_bytes(), &dimensions]);
        Model { version, fingerprint, dimensions: self.dimensions }
    }
}
