/// An HTTP request that exists only for a question.
#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) host: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl HttpRequest {
    /// Gives it a body, which is JSON unless a header says something else.
    pub(crate) fn set_body(&mut self, body: Vec<u8>) {
        if !self.headers.iter().any(|(name, _)| name == "content-type") {
            self.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        self.body = Some(body);
    }

    /// Every header in the order and spelling in which Envoy gives them, followed by those that carry the identity.
    pub(super) fn headers<'a>(&'a self, identity: &'a [(String, String)]) -> Vec<(&'a str, &'a str)> {
        let pseudo = [
            (":authority", self.host.as_str()),
            (":path", self.target.as_str()),
            (":method", self.method.as_str()),
            (":scheme", "http"),
        ];
        let own = self.headers.iter().chain(identity);
        pseudo.into_iter().chain(own.map(|(name, value)| (name.as_str(), value.as_str()))).collect()
    }
}
