use std::time::Duration;

use serde_json::json;

use super::Plan;

/// Calls as they come, each by its number and a seed: plain and streamed, of two APIs, with usage and latency by chance;
/// some the provider refuses, some answers break off, some clients leave.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Another one, other calls.
    pub seed: u64,
    /// How many of a hundred calls use more than is held for them.
    pub beyond: u64,
    /// How many of a hundred calls are of the organisation `tight`; the rest are of `wide`.
    pub tight: u64,
    /// Whether the provider fails at times, and clients leave.
    pub trouble: bool,
}

impl Mix {
    /// Most tokens of an answer that a call asks for.
    pub const CAP: u64 = 100;

    /// The organisations.
    pub const ORGS: [&str; 2] = ["tight", "wide"];

    /// What a call uses on average that comes to its end and stays within what is held for it.
    pub const MEAN: u64 = 33;

    /// The call of this number.
    #[must_use]
    pub fn plan(&self, number: u64) -> Plan {
        let mut random = fastrand::Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number));
        let mut chance = |share: u64| random.u64(0..100) < share;
        let (is_message, streams, is_tight) = (chance(40), chance(50), chance(self.tight));
        let (goes_beyond, is_slow) = (chance(self.beyond), chance(30));
        let (fails, is_cut, leaves) =
            (self.trouble && chance(5), self.trouble && chance(5), self.trouble && chance(10));
        // Less than the plugin's estimate of the same prompt, and of the words: what is held always suffices.
        let input = random.u64(1..=5);
        let words = if goes_beyond { random.u64(Self::CAP..=4 * Self::CAP) } else { random.u64(1..=59) };
        let mut script = format!("input={input} words={words} pause={}", if is_slow { random.u64(1..=2) } else { 0 });
        // Not with what a refusal of ours has.
        if fails {
            script +=
                [" status=500", " status=502", " status=529"].get(random.usize(0..3)).copied().unwrap_or_default();
        }
        if is_cut {
            script += &format!(" cut={}", random.u64(0..words));
        }
        let model = if is_message { "claude" } else { "large" };
        let body = json!({"model": model, "stream": streams, "max_tokens": Self::CAP,
            "messages": [{"role": "user", "content": "Hello there, how are you today?"}]});
        Plan {
            path: if is_message { "/v1/messages" } else { "/v1/chat/completions" },
            org: if is_tight { Self::ORGS[0] } else { Self::ORGS[1] },
            script,
            body: body.to_string(),
            leaves_after: leaves.then(|| Duration::from_millis(random.u64(0..30))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_calls() {
        let mix = Mix { seed: 1, beyond: 10, tight: 20, trouble: true };
        assert_eq!(mix.plan(7), mix.plan(7));
        assert_ne!(mix.plan(7), Mix { seed: 2, ..mix }.plan(7));
        let scripts: Vec<_> = (0..1000).map(|number| mix.plan(number).script).collect();
        for part in ["status=", "cut="] {
            let count = scripts.iter().filter(|script| script.contains(part)).count();
            assert!((20..100).contains(&count), "{part}: {count}");
        }
    }
}
