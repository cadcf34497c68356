//! Tables for people, figures for scripts.

use crate::modules::Modules;
use crate::rounds::{Sample, Samples, Subject, saturated};
use crate::statistics::Spread;
use crate::variant::Variant;

pub(crate) fn modules(modules: &Modules) {
    figure("envoy_noop_compile_cpu_s", modules.noop.median, "s");
    figure("envoy_module_compile_cpu_s", modules.plugin.median, "s");
}

/// Everything about one number of policies.
pub(crate) fn rounds(policies: usize, samples: &Samples) {
    println!("\n{policies} policies: medians over rounds, quartiles in brackets");
    println!(
        "{:<24} {:>26} {:>10} {:>6} {:>10} {:>10}",
        "", "CPU µs a request", "requests/s", "busy", "p50 µs", "p99 µs"
    );
    for (subject, samples) in samples {
        let median = |of: fn(&Sample) -> f64| Spread::of(samples.iter().map(of).collect()).median;
        println!(
            "{:<24} {:>26} {:>10.0} {:>6.2} {:>10.1} {:>10.1}{}",
            name(*subject),
            spread(Spread::of(samples.iter().map(|sample| sample.cpu).collect())),
            median(|sample| sample.rate),
            median(|sample| sample.busy),
            median(|sample| sample.p50),
            median(|sample| sample.p99),
            if saturated(samples) { "" } else { "  not saturated" },
        );
    }
    Comparison { policies, samples }.print();
}

struct Comparison<'a> {
    policies: usize,
    samples: &'a Samples,
}

impl Comparison<'_> {
    fn print(&self) {
        let n = self.policies;
        let cpu = |sample: &Sample| sample.cpu;
        println!("differences within rounds:");
        let (bare, noop, tollgate) = (allowed(Variant::Bare), allowed(Variant::Noop), allowed(Variant::Tollgate));
        self.difference(&format!("envoy_noop_cpu_us_{n}"), noop, bare, cpu);
        self.difference(&format!("envoy_noop_added_us_p50_{n}"), noop, bare, |sample| sample.p50);
        self.difference(&format!("envoy_tollgate_cpu_us_{n}"), tollgate, bare, cpu);
        self.difference(&format!("envoy_tollgate_cpu_us_over_noop_{n}"), tollgate, noop, cpu);
        let (claims, claims_noop) = (allowed(Variant::ClaimsTollgate), allowed(Variant::ClaimsNoop));
        self.difference(&format!("envoy_tollgate_jwt_cpu_us_over_noop_{n}"), claims, claims_noop, cpu);
        let denied = Subject { variant: Variant::Tollgate, denied: true };
        self.difference(&format!("envoy_tollgate_denied_cpu_us_over_noop_{n}"), denied, noop, cpu);
        self.difference(&format!("envoy_tollgate_added_us_p50_{n}"), tollgate, bare, |sample| sample.p50);
        self.difference(&format!("envoy_tollgate_added_us_p99_{n}"), tollgate, bare, |sample| sample.p99);
        let authz = allowed(Variant::ExtAuthz);
        self.difference(&format!("envoy_extauthz_added_us_p50_{n}"), authz, bare, |sample| sample.p50);
        self.difference(&format!("envoy_extauthz_added_us_p99_{n}"), authz, bare, |sample| sample.p99);
        self.difference(&format!("envoy_extauthz_cpu_us_{n}"), authz, bare, cpu);
        self.ratio(&format!("envoy_extauthz_ratio_{n}"), authz, |sample| sample.p50);
        for (variant, suffix) in [(Variant::RbacMatchers, ""), (Variant::RbacCel, "_cel")] {
            self.difference(&format!("envoy_rbac{suffix}_cpu_us_{n}"), allowed(variant), bare, cpu);
            self.ratio(&format!("envoy_rbac{suffix}_ratio_{n}"), allowed(variant), cpu);
        }
        for variant in Variant::ALL.into_iter().filter(|variant| *variant != Variant::Bare) {
            let name = format!("envoy_rps_{}_ratio_{n}", variant.name().replace('-', "_"));
            let Some(rates) = self.pairs(allowed(variant), bare, |sample| sample.rate) else { continue };
            let ratio = Spread::of(rates.into_iter().map(|(ours, bare)| ours / bare).collect());
            figure(&name, ratio.median, "ratio");
        }
    }

    fn difference(&self, name: &str, subject: Subject, baseline: Subject, of: impl Fn(&Sample) -> f64) {
        let Some(pairs) = self.pairs(subject, baseline, of) else { return };
        let spread = Spread::of(pairs.into_iter().map(|(subject, baseline)| subject - baseline).collect());
        println!("  {name:<44} [{:.2} {:.2}]", spread.low, spread.high);
        figure(name, spread.median, "us");
    }

    /// What a variant adds to no filter over what Tollgate adds.
    fn ratio(&self, name: &str, subject: Subject, of: impl Fn(&Sample) -> f64) {
        let bare = allowed(Variant::Bare);
        let added = |subject| {
            let pairs = self.pairs(subject, bare, &of)?;
            Some(Spread::of(pairs.into_iter().map(|(subject, bare)| subject - bare).collect()).median)
        };
        if let (Some(theirs), Some(ours)) = (added(subject), added(allowed(Variant::Tollgate))) {
            figure(name, theirs / ours, "ratio");
        }
    }

    /// The values of two subjects, round by round.
    fn pairs(&self, one: Subject, other: Subject, of: impl Fn(&Sample) -> f64) -> Option<Vec<(f64, f64)>> {
        let (one, other) = (self.samples.get(&one)?, self.samples.get(&other)?);
        Some(one.iter().zip(other).map(|(one, other)| (of(one), of(other))).collect())
    }
}

fn allowed(variant: Variant) -> Subject {
    Subject { variant, denied: false }
}

fn name(subject: Subject) -> String {
    format!("{}{}", subject.variant.name(), if subject.denied { ", denied" } else { "" })
}

fn spread(spread: Spread) -> String {
    format!("{:.2} [{:.2} {:.2}]", spread.median, spread.low, spread.high)
}

fn figure(name: &str, value: f64, unit: &str) {
    println!("figure {name} {value:.2} {unit}");
}
