use std::thread;
use std::time::Duration;

use crate::harness::{Site, id, policy, put};

/// What one life of the process has come to.
struct Life {
    /// Number of the last edit that was acknowledged.
    acknowledged: u64,
    id: (u64, u64),
}

#[test]
fn what_was_acknowledged_is_in_force_after_a_kill_at_any_moment() {
    let site = Site::new();
    let process = site.start();
    let (status, body) = process.create("counter", &policy("edit-0", 0));
    assert_eq!(status, 201, "{body}");
    let mut last = Life { acknowledged: 0, id: id(&body) };
    let mut process = process;
    for round in 0..20 {
        let http = process.http().to_owned();
        let first = last.acknowledged + 1;
        let edits = thread::spawn(move || {
            let mut life = None;
            for number in first.. {
                match put(&http, "counter", &policy(&format!("edit-{number}"), 40_000)) {
                    Some((status, body)) => {
                        assert_eq!(status, 200, "{body}");
                        life = Some(Life { acknowledged: number, id: id(&body) });
                    }
                    None => break,
                }
            }
            life
        });
        // At another moment each time.
        thread::sleep(Duration::from_micros(3000 + 7919 * round));
        process.kill();
        let before = edits.join().unwrap().unwrap_or(last);
        process = site.start();
        process.until("ready");
        let (_, current) = process.get("/v1/snapshots/current");
        let (_, text) = process.get("/v1/policies/counter");
        let text = text.as_str().unwrap();
        let in_flight = before.acknowledged + 1;
        let in_force = [before.acknowledged, in_flight]
            .into_iter()
            .find(|number| text.contains(&format!("actions: [edit-{number}]")))
            .unwrap_or_else(|| panic!("neither {} nor the next is in force: {text}", before.acknowledged));
        match in_force == in_flight {
            true => assert!(id(&current) > before.id, "{current} {:?}", before.id),
            false => assert_eq!(id(&current), before.id),
        }
        last = Life { acknowledged: in_force, id: id(&current) };
    }
    assert!(last.acknowledged > 0, "no edit was ever acknowledged");
}
