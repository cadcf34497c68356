use std::collections::HashMap;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_automata::{Input, MatchKind};
use regex_syntax::ast::Span;
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::hir::translate::TranslatorBuilder;

use super::{DEAD, MATCH, Pattern, PatternProblem, syntax};

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
        let states = states.map_err(|_| too_large.clone())?;
        // Within a character, where no match may end, only `\B` can hold by itself.
        let splits = states.has_empty() && states.look_set_any().contains(Look::WordAsciiNegate);
        let automaton = dense::Config::new()
            // What is found within a character is passed over, and must not end the search for others.
            .match_kind(if splits { MatchKind::All } else { MatchKind::LeftmostFirst })
            .start_kind(StartKind::Unanchored)
            .accelerate(false)
            .dfa_size_limit(Some(DFA_BYTES))
            .determinize_size_limit(Some(DETERMINIZE_BYTES));
        let automaton = dense::Builder::new().configure(automaton).build_from_nfa(&states);
        automaton.ok().and_then(|automaton| written(&automaton, splits)).ok_or(too_large)
    }
}

/// One state's ranges, each with what it leads to.
type Ranges = Vec<(u8, Target)>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Match,
    Dead,
    State(usize),
}

/// The states that texts come to, as [`Pattern`] has them.
fn written(automaton: &dense::DFA<Vec<u32>>, splits: bool) -> Option<Pattern> {
    let mut states: Vec<StateID> = vec![automaton.start_state_forward(&Input::new("")).ok()?];
    let mut known: HashMap<StateID, usize> = states.iter().map(|state| (*state, 0)).collect();
    let mut tables: Vec<Ranges> = Vec::new();
    while let Some(state) = states.get(tables.len()).copied() {
        let mut ranges = Ranges::new();
        for byte in 0..=u8::MAX {
            let next = automaton.next_state(state, byte);
            // A match shows one byte late.
            let is_within_character = splits && matches!(byte, 0x80..=0xbf);
            let target = if automaton.is_match_state(next) && !is_within_character {
                Target::Match
            } else if automaton.is_dead_state(next) {
                Target::Dead
            } else {
                Target::State(*known.entry(next).or_insert_with(|| {
                    states.push(next);
                    states.len() - 1
                }))
            };
            match ranges.last_mut() {
                Some((end, same)) if *same == target => *end = byte,
                _ => ranges.push((byte, target)),
            }
        }
        tables.push(ranges);
    }
    let starts: Vec<usize> =
        tables.iter().scan(0, |next, ranges| Some(std::mem::replace(next, *next + 2 + 5 * ranges.len()))).collect();
    let mut bytes = Vec::new();
    for (state, ranges) in states.into_iter().zip(&tables) {
        let matches = automaton.is_match_state(automaton.next_eoi_state(state));
        bytes.extend([u8::try_from(ranges.len() - 1).ok()?, matches.into()]);
        bytes.extend(ranges.iter().map(|(end, _)| *end));
        for (_, target) in ranges {
            let target = match target {
                Target::Match => MATCH,
                Target::Dead => DEAD,
                Target::State(state) => u32::try_from(*starts.get(*state)?).ok()?,
            };
            bytes.extend(target.to_le_bytes());
        }
    }
    Some(Pattern(bytes.into()))
}

pub(super) fn problem(at: &Span, message: String) -> PatternProblem {
    PatternProblem { message, offset: at.start.offset }
}
