use anyhow::{Context, Result};
use tollgate_testbed::client::Http1;

use crate::gate::Gate;

const HEAD: &str = "POST /orders HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n";

#[test]
fn nothing_reaches_the_upstream_before_the_body_is_there() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let mut slow = Http1::connect(gate.0.envoy.address())?;
    slow.send(format!("{HEAD}{{\"amount\"").as_bytes())?;
    // Others are served meanwhile, and are all that the upstream sees.
    for _ in 0..10 {
        gate.get("/reports/1?format=pdf", &[])?.seen()?;
    }
    assert_eq!(gate.0.upstream.requests(), 10);
    slow.send(b": 100}")?;
    let answer = slow.read(false)?.context("no answer")?;
    assert_eq!((answer.seen()?.body_length, answer.seen()?.request), (15, 11));
    gate.finish(0)
}

#[test]
fn requests_that_end_half_way_never_reach_the_upstream() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    for part in ["", "{", "{\"amount\": 10"] {
        for _ in 0..20 {
            Http1::connect(gate.0.envoy.address())?.send(format!("{HEAD}{part}").as_bytes())?;
        }
    }
    gate.get("/reports/1?format=pdf", &[])?.seen()?;
    assert_eq!(gate.0.upstream.requests(), 1);
    gate.finish(0)
}
