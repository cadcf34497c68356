//! Holds the lowered form against the reference, and counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tollgate_policy::condition::Program;

use super::answer::Answer;
use super::batch::Batch;
use super::disagreements::Found;
use super::expressions::Expression;
use super::forms::Grammar;
use super::native::{self, Parameters};
use super::reference::{Reference, Variables};
use super::requests::Request;

/// How often the reference is asked again whether it means what it says.
const ASKED: usize = 12;

pub(crate) struct Judge<'g> {
    grammar: &'g Grammar,
    reference: Reference,
    /// What was found.
    pub(crate) tally: Tally,
}

/// Counts of what was compared.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Expressions and requests that the reference was asked about.
    pub(crate) pairs: u64,
    /// Expressions and requests that it has no words for.
    pub(crate) own: u64,
    /// Answers that are errors, of us.
    pub(crate) errors: u64,
    /// Answers that are bounds.
    pub(crate) bounded: u64,
    /// Expressions that are refused when they are compiled, by message.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Known disagreements, by name.
    pub(crate) known: BTreeMap<&'static str, u64>,
}

/// An expression of a batch with our answers.
pub(crate) struct Judged {
    pub(crate) text: String,
    pub(crate) answers: Vec<Answer>,
}

impl<'g> Judge<'g> {
    pub(crate) fn new(grammar: &'g Grammar) -> Self {
        Judge { grammar, reference: Reference::new(), tally: Tally::default() }
    }

    /// Our answers, of the expressions that compile, in the batch's order.
    ///
    /// # Errors
    /// If one is not the reference's and not known to differ: what there is to know about it.
    pub(crate) fn judge(&mut self, batch: &Batch<'g>) -> Result<Vec<Judged>, String> {
        let parameters: Vec<Parameters> = batch.requests.iter().map(Parameters::of).collect();
        let variables: Vec<Variables> =
            batch.requests.iter().map(|request| self.reference.variables(request)).collect();
        let mut judged = Vec::new();
        for expression in &batch.expressions {
            let text = expression.ours();
            let program = match native::compile(&text) {
                Ok(program) => program,
                Err(problem) => {
                    *self.tally.refused.entry(problem.message).or_default() += 1;
                    continue;
                }
            };
            let theirs = expression.theirs().map(|text| self.reference.compile(&text));
            let mut answers = Vec::new();
            let mut small = Vec::new();
            for ((parameters, variables), request) in parameters.iter().zip(&variables).zip(&batch.requests) {
                let answer = parameters.evaluate(&program, request);
                match &theirs {
                    None => self.tally.own += 1,
                    Some(theirs) => {
                        self.tally.pairs += 1;
                        if !matches!(answer, Answer::Bounded)
                            && !answer.same(&self.reference.evaluate(theirs, variables))
                        {
                            self.explain(expression, request, &mut small, batch.seed)?;
                        }
                    }
                }
                self.tally.errors += u64::from(matches!(answer, Answer::Error(_)));
                self.tally.bounded += u64::from(matches!(answer, Answer::Bounded));
                answers.push(answer);
            }
            judged.push(Judged { text, answers });
        }
        Ok(judged)
    }

    /// `found`: smaller expressions that turned out to be behind disagreements of this one.
    fn explain(
        &mut self,
        expression: &Expression<'g>,
        request: &Request,
        found: &mut Vec<Expression<'g>>,
        seed: u64,
    ) -> Result<(), String> {
        let (parameters, variables) = (Parameters::of(request), self.reference.variables(request));
        let mut differs = |candidate: &Expression<'g>| {
            let (Ok(program), Some(theirs)) = (native::compile(&candidate.ours()), candidate.theirs()) else {
                return false;
            };
            let ours = parameters.evaluate(&program, request);
            !matches!(ours, Answer::Bounded)
                && !ours.same(&self.reference.evaluate(&self.reference.compile(&theirs), &variables))
        };
        let small = match found.iter().find(|small| differs(small)) {
            Some(small) => small.clone(),
            None => expression.clone().shrunk(self.grammar, &mut differs),
        };
        let text = small.ours();
        let program: Program = native::compile(&text).map_err(|problem| problem.to_string())?;
        let ours = parameters.evaluate(&program, request);
        let compiled = self.reference.compile(&small.theirs().unwrap_or_default());
        let ask = |_| self.reference.evaluate(&compiled, &self.reference.variables(request));
        let theirs: Vec<Answer> = (0..ASKED).map(ask).collect();
        match (Found { text: &text, ours: &ours, theirs: &theirs }).known() {
            Some(name) => {
                *self.tally.known.entry(name).or_default() += 1;
                found.push(small);
                Ok(())
            }
            None => Err(format!(
                "{text}\n  native: {ours}\n  cel:    {}\n  of:     {}\n  seed:   {seed}\n  over:   {request:?}",
                theirs[0],
                expression.ours()
            )),
        }
    }
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.pairs += other.pairs;
        self.own += other.own;
        self.errors += other.errors;
        self.bounded += other.bounded;
        other.refused.into_iter().for_each(|(what, count)| *self.refused.entry(what).or_default() += count);
        other.known.into_iter().for_each(|(what, count)| *self.known.entry(what).or_default() += count);
    }

    pub(crate) fn report(&self) -> String {
        let mut report = format!(
            "{} pairs, and {} that cel has no words for; {} answers are errors, {} are bounded\n",
            self.pairs, self.own, self.errors, self.bounded
        );
        for (what, counts) in [
            ("refused", self.refused.iter().map(|(what, count)| (what.as_str(), *count)).collect::<Vec<_>>()),
            ("known", self.known.iter().map(|(what, count)| (*what, *count)).collect()),
        ] {
            counts.iter().for_each(|(name, count)| writeln!(report, "  {what}: {name}: {count}").unwrap());
        }
        report
    }
}
