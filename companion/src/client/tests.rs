use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use super::*;

/// Answers one request with these bytes, and returns the request.
fn server(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let task = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (address, task)
}

#[test]
fn an_answer_is_read_and_the_token_is_shown() {
    let (address, task) = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\netag: \"a\"\r\n\r\n{\"a\": 12}");
    let client = Client::new(address).unwrap().with_token("secret").unwrap();
    let value: serde_json::Value = client.get("/v1/a?b=c").unwrap();
    assert_eq!(value["a"], 12);
    let request = task.join().unwrap().to_lowercase();
    assert!(request.starts_with("get /v1/a?b=c http/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: bearer secret\r\n"), "{request}");
    assert!(request.contains(&format!("host: {address}\r\n")), "{request}");
}

#[test]
fn a_refusal_says_what_the_problem_document_says() {
    let (address, _) = server(
        "HTTP/1.1 409 Conflict\r\ncontent-length: 46\r\n\r\n{\"code\": \"WRONG_SOURCE\", \"detail\": \"not here\"}",
    );
    let error = Client::new(address).unwrap().get::<()>("/").unwrap_err();
    assert_eq!(error.to_string(), "refused with 409 Conflict: not here");
}

#[test]
fn an_answer_that_breaks_off_is_an_error() {
    let (address, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{");
    let error = Client::new(address).unwrap().get::<()>("/").unwrap_err();
    assert!(matches!(error, ClientError::Cut { .. }), "{error}");
}

#[test]
fn nobody_there_is_said_with_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = Client::new(address).unwrap().get::<()>("/").unwrap_err().to_string();
    assert!(error.contains(&address.to_string()) && error.contains("--http"), "{error}");
}

#[test]
fn a_token_of_two_lines_is_refused() {
    let client = Client::new(SocketAddr::from(([127, 0, 0, 1], 1))).unwrap();
    assert!(matches!(client.with_token("a\nb"), Err(ClientError::Token)));
}
