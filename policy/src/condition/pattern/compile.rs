use regex_automata::MatchKind;
use regex_automata::dfa::{StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_syntax::ast::Span;
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::hir::translate::TranslatorBuilder;

use super::{Pattern, PatternProblem, syntax};

/// Deepest nesting of groups and repetitions.
const MAX_NESTING: u32 = 64;
/// Most bytes of the automaton with counted repetitions written out.
const NFA_BYTES: usize = 512 * 1024;
/// Most bytes of the table of states, and of what building it takes.
const DFA_BYTES: usize = 1024 * 1024;
const DETERMINIZE_BYTES: usize = 4 * 1024 * 1024;

impl Pattern {
    /// Compiles RE2's syntax with the meaning that it has there.
    ///
    /// # Errors
    /// If the pattern does not parse, has constructs that RE2 lacks, or an automaton of more than the bytes above.
    pub(crate) fn compile(source: &str) -> Result<Self, PatternProblem> {
        let mut tree = ParserBuilder::new()
            .nest_limit(MAX_NESTING)
            .build()
            .parse(source)
            .map_err(|error| problem(error.span(), format!("does not parse: {}", error.kind())))?;
        syntax::to_re2(&mut tree, source)?;
        let meaning = TranslatorBuilder::new()
            .build()
            .translate(source, &tree)
            .map_err(|error| problem(error.span(), format!("has no meaning: {}", error.kind())))?;
        let too_large = PatternProblem {
            message: "is too large: it takes too many states; use smaller counts and fewer alternatives".to_owned(),
            offset: 0,
        };
        let states = thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(NFA_BYTES));
        let states = thompson::Compiler::new().configure(states).build_from_hir(&meaning);
        let automaton = dense::Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .start_kind(StartKind::Unanchored)
            .accelerate(false)
            .dfa_size_limit(Some(DFA_BYTES))
            .determinize_size_limit(Some(DETERMINIZE_BYTES));
        let states = states.map_err(|_| too_large.clone())?;
        let automaton = dense::Builder::new().configure(automaton).build_from_nfa(&states);
        let automaton = automaton.map_err(|_| too_large.clone())?;
        automaton.to_sparse().map(Pattern).map_err(|_| too_large)
    }
}

pub(super) fn problem(at: &Span, message: String) -> PatternProblem {
    PatternProblem { message, offset: at.start.offset }
}
