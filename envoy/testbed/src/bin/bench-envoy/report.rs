use crate::beside::{Measured, SUBJECTS};
use crate::modules::Modules;
use crate::rounds::{Sample, Samples, Subject};
use crate::statistics::Spread;
use crate::variant::Variant;

const BARE: Subject = Subject::allowed(Variant::Bare);
const NOOP: Subject = Subject::allowed(Variant::Noop);
const TOLLGATE: Subject = Subject::allowed(Variant::Tollgate);
const EXT_AUTHZ: Subject = Subject::allowed(Variant::ExtAuthz);

/// Less than this share of the time, and something else had the cores.
const BUSY: f64 = 0.85;

/// Shows what was measured as it comes, for people, and keeps the figures, which scripts find at the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Vec<String>,
}

/// One value of a sample.
type Of = fn(&Sample) -> f64;

const CPU: Of = |sample| sample.cpu;
const P50: Of = |sample| sample.p50;
const P99: Of = |sample| sample.p99;

impl Report {
    pub(crate) fn modules(&mut self, modules: &Modules) {
        println!(
            "\nCPU time of a start with one module over a start with none, medians over starts, quartiles in brackets:"
        );
        self.spread("envoy_noop_compile_cpu_s", modules.noop, "s");
        self.spread("envoy_module_compile_cpu_s", modules.plugin, "s");
    }

    /// What this many policies cost.
    pub(crate) fn rounds(&mut self, policies: usize, samples: &Samples) {
        let n = policies;
        println!("\n{n} policies, medians over rounds, quartiles in brackets:");
        table(samples);
        println!("differences and ratios within rounds:");
        let mut over = |name: &str, one, other, of| self.difference(samples, &format!("{name}_{n}"), one, other, of);
        over("envoy_tollgate_cpu_us", TOLLGATE, BARE, CPU);
        over("envoy_tollgate_cpu_us_over_noop", TOLLGATE, NOOP, CPU);
        over("envoy_tollgate_denied_cpu_us_over_noop", Subject::denied(Variant::Tollgate), NOOP, CPU);
        let (claims, baseline) = (Subject::allowed(Variant::ClaimsTollgate), Subject::allowed(Variant::ClaimsNoop));
        over("envoy_tollgate_jwt_cpu_us_over_noop", claims, baseline, CPU);
        over("envoy_tollgate_added_us_p50", TOLLGATE, BARE, P50);
        over("envoy_tollgate_added_us_p99", TOLLGATE, BARE, P99);
        for (variant, name) in [
            (Variant::RbacMatchers, "envoy_rbac"),
            (Variant::RbacCel, "envoy_rbac_cel"),
            (Variant::RbacTree, "envoy_rbac_tree"),
        ] {
            let rbac = Subject::allowed(variant);
            self.difference(samples, &format!("{name}_cpu_us_{n}"), rbac, BARE, CPU);
            self.over_ours(samples, &format!("{name}_ratio_{n}"), rbac, CPU);
        }
        for variant in Variant::ALL.into_iter().filter(|variant| *variant != Variant::Bare) {
            let ratios =
                compare(samples, Subject::allowed(variant), BARE, |sample| sample.rate, |one, bare| one / bare);
            let name = format!("envoy_rps_{}_ratio_{n}", variant.name().replace('-', "_"));
            ratios.into_iter().for_each(|ratios| self.spread(&name, ratios, "ratio"));
        }
    }

    /// What does not depend on the number of policies, except that an external authorizer is compared with ours.
    pub(crate) fn others(&mut self, samples: &Samples) {
        self.difference(samples, "envoy_noop_cpu_us", NOOP, BARE, CPU);
        self.difference(samples, "envoy_noop_added_us_p50", NOOP, BARE, P50);
        self.difference(samples, "envoy_extauthz_cpu_us", EXT_AUTHZ, BARE, CPU);
        self.difference(samples, "envoy_extauthz_added_us_p50", EXT_AUTHZ, BARE, P50);
        self.difference(samples, "envoy_extauthz_added_us_p99", EXT_AUTHZ, BARE, P99);
        self.over_ours(samples, "envoy_extauthz_ratio", EXT_AUTHZ, P50);
        self.over_ours(samples, "envoy_extauthz_cpu_ratio", EXT_AUTHZ, CPU);
    }

    /// What it costs a request that policy search is busy, beside what two idle measurements differ by.
    pub(crate) fn beside(&mut self, policies: usize, measured: &Measured) {
        let load = Spread::of(measured.load.clone());
        println!(
            "\n{policies} policies, policy search busy with {load} processors, {} whole migrations; medians over rounds of \
             busy less the mean of idle before and after, quartiles in brackets, and of after less before:",
            measured.migrations
        );
        for (subject, rounds) in SUBJECTS.into_iter().zip(&measured.rounds) {
            for (what, name, of) in [
                ("CPU us a request", "cpu_us", CPU),
                ("lone p50 us", "lone_us_p50", P50),
                ("lone p99 us", "lone_us_p99", P99),
            ] {
                let over = |by: fn(f64, f64, f64) -> f64| {
                    let values = rounds.iter().map(|one| by(of(&one.before), of(&one.busy), of(&one.after)));
                    Spread::of(values.collect())
                };
                let idle = over(|before, _, after| (before + after) / 2.0);
                let effect = over(|before, busy, after| busy - (before + after) / 2.0);
                let noise = over(|before, _, after| after - before);
                println!("  {:<18} {what:<17} idle {idle}  busy {effect}  noise {noise}", subject.to_string());
                let subject = subject.to_string().replace(", ", "_");
                self.figure(&format!("envoy_beside_search_{subject}_{name}_{policies}"), effect.median, "us");
                self.figure(&format!("envoy_beside_search_{subject}_{name}_noise_{policies}"), noise.width(), "us");
            }
        }
    }

    pub(crate) fn figures(&self) {
        println!();
        for figure in &self.figures {
            println!("{figure}");
        }
    }

    /// What a subject has more than another.
    fn difference(&mut self, samples: &Samples, name: &str, subject: Subject, baseline: Subject, of: Of) {
        if let Some(differences) = compare(samples, subject, baseline, of, |one, other| one - other) {
            self.spread(name, differences, "us");
        }
    }

    /// What a subject adds to no filter, over what Tollgate adds.
    fn over_ours(&mut self, samples: &Samples, name: &str, subject: Subject, of: Of) {
        let added = |subject| compare(samples, subject, BARE, of, |one, bare| one - bare);
        if let (Some(theirs), Some(ours)) = (added(subject), added(TOLLGATE)) {
            let ratio = theirs.median / ours.median;
            println!("  {name:<44} {ratio:.2}");
            self.figure(name, ratio, "ratio");
        }
    }

    fn spread(&mut self, name: &str, value: Spread, unit: &str) {
        println!("  {name:<44} {value}");
        self.figure(name, value.median, unit);
    }

    fn figure(&mut self, name: &str, value: f64, unit: &str) {
        self.figures.push(format!("figure {name} {value:.3} {unit}"));
    }
}

fn table(samples: &Samples) {
    let [subject, cpu, rate, busy, p50, p99] =
        ["", "CPU us a request", "requests/s", "busy", "lone p50 us", "lone p99 us"];
    println!("{subject:<18} {cpu:>26} {rate:>10} {busy:>5} {p50:>12} {p99:>12}");
    let mut idle = false;
    for (subject, samples) in samples {
        let over_rounds = |of: Of| Spread::of(samples.iter().map(of).collect());
        let busy = over_rounds(|sample| sample.busy).median;
        // An external authorizer is waited for.
        idle |= busy < BUSY && subject.variant != Variant::ExtAuthz;
        println!(
            "{:<18} {:>26} {:>10.0} {busy:>5.2} {:>12.1} {:>12.1}",
            subject.to_string(),
            over_rounds(CPU).to_string(),
            over_rounds(|sample| sample.rate).median,
            over_rounds(P50).median,
            over_rounds(P99).median,
        );
    }
    if idle {
        println!("envoy was not saturated: something else takes the load's core, and requests/s say little");
    }
}

/// Two subjects, round by round; `None` if one was not measured.
fn compare(samples: &Samples, one: Subject, other: Subject, of: Of, by: fn(f64, f64) -> f64) -> Option<Spread> {
    let (one, other) = (samples.get(&one)?, samples.get(&other)?);
    Some(Spread::of(one.iter().zip(other).map(|(one, other)| by(of(one), of(other))).collect()))
}
