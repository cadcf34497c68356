use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tollgate_search::{PolicyText, TextHash};

use super::rig::{Rig, name, policy, words};

const POLICIES: usize = 20_000;
const EDITS: usize = 200;

/// From an edit to its being searchable, with many other policies there.
#[test]
#[ignore = "figures"]
fn an_edit_is_searchable_soon() {
    let rig = Rig::new();
    rig.publish_many(POLICIES);
    let running = rig.start_really(rig.config("v1"));
    running.until_current(POLICIES);
    let index = Arc::clone(&running.serving().index);
    let mut took: Vec<Duration> = (0..EDITS)
        .map(|number| {
            let edited = policy(&name(number), &words(POLICIES + number));
            let text = TextHash::of(PolicyText::of(&edited).cleaned());
            let start = Instant::now();
            rig.write(Arc::clone(&edited));
            while index.text_of(&edited.name) != Some(text) {
                thread::yield_now();
            }
            start.elapsed()
        })
        .collect();
    took.sort();
    println!("figure edit_searchable_median_ms {:.3} ms", took[EDITS / 2].as_secs_f64() * 1000.0);
    println!("figure edit_searchable_worst_ms {:.3} ms", took[EDITS - 1].as_secs_f64() * 1000.0);
    running.stop();
}
