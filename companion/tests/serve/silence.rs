//! A service that embeds policies, and says nothing when somebody searches.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Companion, Site};

/// What the service never answers to.
const UNHEARD: &str = "zebra";

const SET: &str = "\
policies:
  - {name: document-readers, description: Everybody reads documents, resource: document, actions: [view], roles: [\"*\"]}
  - {name: document-authors, description: Authors change documents, resource: document, actions: [edit], roles: [author]}
  - {name: invoice-approval, description: Accountants approve invoices, resource: invoice, actions: [approve], roles: [accountant]}
";

/// A service, and how often it was asked what it does not answer to.
struct Service {
    address: SocketAddr,
    unheard: Arc<AtomicUsize>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, unheard) = (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
        let counted = Arc::clone(&unheard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&counted)));
            }
        });
        Service { address, unheard }
    }

    fn embedder(&self) -> Value {
        let url = format!("http://{}/v1/embeddings", self.address);
        json!({"kind": "http", "url": url, "model": "m", "dimensions": 26, "limits": {"query_seconds": 1}})
    }
}

async fn serve(stream: TcpStream, unheard: Arc<AtomicUsize>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = said.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let question: Value = serde_json::from_slice(&body).unwrap();
        let texts: Vec<&str> =
            question["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
        if texts.iter().any(|text| text.contains(UNHEARD)) {
            unheard.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        let rows = texts.iter().enumerate().map(|(index, text)| json!({"index": index, "embedding": letters(text)}));
        let answer = json!({"data": rows.collect::<Vec<_>>()}).to_string();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
        if stream.write_all((head + &answer).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// How often each letter stands in a text.
fn letters(text: &str) -> Vec<usize> {
    (b'a'..=b'z').map(|letter| 1 + text.bytes().filter(|byte| *byte == letter).count()).collect()
}

async fn found(companion: &Companion, question: Value) -> Value {
    let answer = companion.ask("POST", "/v1/policies/search", &[], &question.to_string()).await;
    assert_eq!(answer.status, 200, "{question}: {}", answer.body);
    answer.json()
}

#[tokio::test]
async fn searches_are_answered_by_keywords_and_all_else_goes_on() {
    const MANY: usize = 12;
    let service = Service::start().await;
    let site = Site::new().embedding_by(service.embedder());
    site.write(SET);
    let companion = site.start().await;
    companion.until_searchable(3).await;

    let by_text = async {
        let text = json!({"text": format!("{UNHEARD} approve invoices")});
        futures::future::join_all((0..MANY).map(|_| found(&companion, text.clone()))).await
    };
    let by_name = async {
        let name = json!({"policy": "document-readers"});
        futures::future::join_all((0..MANY).map(|_| found(&companion, name.clone()))).await
    };
    let (by_text, by_name) = tokio::join!(by_text, by_name);
    for found in by_text {
        assert_eq!((&found["ranking"], &found["results"][0]["name"]), (&json!("keyword"), &json!("invoice-approval")));
        let notes = found["notes"].to_string();
        assert!(notes.contains("ranked by keywords alone: the embedder does not answer now"), "{notes}");
        assert!(!notes.contains(&service.address.to_string()), "{notes}");
    }
    for found in by_name {
        assert_eq!((&found["ranking"], &found["results"][0]["name"]), (&json!("vector"), &json!("document-authors")));
    }
    // Those that were answered at a time have waited for it, and others have been told by what became of them.
    let asked = service.unheard.load(Ordering::SeqCst);
    assert!(0 < asked && asked < MANY, "{asked} of {MANY}");

    // What is written meanwhile is embedded.
    let draft = "resource: document\nactions: [view]\nroles: [author]\n";
    site.write(&format!("{SET}  - {{name: memo-readers, resource: memo, actions: [view], roles: [author]}}\n"));
    companion.until_searchable(4).await;
    let state = companion.json("/v1/embeddings").await.1;
    assert_eq!((&state["dead"], &state["problems"]), (&json!(0), &json!([])), "{state}");
    found(&companion, json!({"draft": draft})).await;
    companion.stop().await;
}
