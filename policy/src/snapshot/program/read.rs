use crate::condition::{
    Code, Function, Input, MAX_ARGUMENTS, MAX_DEPTH, MAX_VARIABLES, Mark, Node, NodeId, Pattern, PatternId, Root,
    StringId,
};
use crate::snapshot::chunk::Strings;
use crate::snapshot::codec::{DecodeError, Reader};
use crate::snapshot::limits::{self, Budget};
use crate::texts::Numbers;

use super::share::Conditions;
use super::{BINARIES, FOLDS, INPUTS, ROOTS, UNARIES, Uses, constant, tag};

/// Strings and patterns that are in the arena already, and whole conditions.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Interner {
    strings: Numbers,
    patterns: Numbers,
    conditions: Conditions,
    /// Of strings, patterns and blobs that were added to the arena.
    bytes: usize,
}

impl Interner {
    /// Shares no condition any more, as where there were too many comparisons.
    #[cfg(test)]
    pub(in crate::snapshot) fn stop_sharing(&mut self) {
        self.conditions.stop();
    }

    fn intern(&mut self, text: &str, code: &mut Code) -> StringId {
        match self.strings.find(text, |number| code.string(StringId(number))) {
            Some(number) => StringId(number),
            None => {
                self.bytes += text.len();
                let id = code.push_string(text);
                self.strings.insert(id.0, |number| code.string(StringId(number)));
                id
            }
        }
    }

    /// Forgets what was not there when this was so many bytes.
    pub(in crate::snapshot) fn truncate(&mut self, to: Mark, bytes: usize) {
        self.bytes = bytes;
        self.strings.retain(|number| to.has_string(number));
        self.patterns.retain(|number| to.has_pattern(number));
        self.conditions.truncate(to);
    }

    /// Bytes of the strings, patterns and blobs that were added.
    pub(in crate::snapshot) fn added(&self) -> usize {
        self.bytes
    }

    /// About how many bytes it takes, with those of what it knows.
    pub(in crate::snapshot) fn bytes(&self) -> usize {
        self.bytes + 2 * size_of::<u32>() * (self.strings.len() + self.patterns.len() + 4 * self.conditions.len())
    }
}

/// Reads conditions of one chunk into an arena.
pub(in crate::snapshot) struct ProgramReader<'r, 'a> {
    pub(in crate::snapshot) strings: &'r Strings<'a>,
    /// Which of the arena's strings a string of the chunk is, once it has been looked up.
    pub(in crate::snapshot) known: &'r mut [Option<StringId>],
    /// Where strings of earlier chunks stand: conditions share most of theirs.
    pub(in crate::snapshot) interner: &'r mut Interner,
    pub(in crate::snapshot) code: &'r mut Code,
    /// What conditions read is counted here.
    pub(in crate::snapshot) uses: &'r mut Uses,
    pub(in crate::snapshot) budget: &'r mut Budget,
}

impl<'a> ProgramReader<'_, 'a> {
    /// Reads one condition and returns its root: an equal one's, unless it is to be kept apart.
    pub(in crate::snapshot) fn read(&mut self, reader: &mut Reader<'a>, apart: bool) -> Result<NodeId, DecodeError> {
        let (mark, bytes) = (self.code.mark(), self.interner.bytes);
        let own = self.node(reader, 0, 0)?;
        if apart {
            return Ok(own);
        }
        let root = self.interner.conditions.share(own, mark, self.code);
        if root != own {
            self.interner.bytes = bytes;
        }
        Ok(root)
    }

    /// `depth` bounds the recursion, here as in the evaluator; `variables` is how many are in scope.
    fn node(&mut self, reader: &mut Reader<'a>, depth: usize, variables: u8) -> Result<NodeId, DecodeError> {
        if depth >= MAX_DEPTH {
            return Err(reader.invalid("condition depth"));
        }
        limits::NODES.check(self.code.len() + 1)?;
        let id = self.code.reserve();
        let tag = reader.byte()?;
        let child = |this: &mut Self, reader: &mut Reader<'a>| this.node(reader, depth + 1, variables);
        let node = match tag {
            tag::NULL => Node::Null,
            tag::FALSE => Node::Bool(false),
            tag::TRUE => Node::Bool(true),
            tag::INT => self.code.int(unzigzag(reader.varint()?)),
            tag::UINT => Node::UInt(self.code.push_word(reader.varint()?)),
            tag::DOUBLE => Node::Double(self.code.push_word(u64::from_le_bytes(reader.array()?))),
            tag::STR => Node::Str(self.string(reader)?),
            tag::LIST => {
                let count = limits::NAMES.check(reader.count()?)?;
                let elements = (0..count).map(|_| child(self, reader)).collect::<Result<Vec<_>, _>>()?;
                self.code.list(&elements)
            }
            tag::INPUT => Node::Input(self.input(reader)?),
            tag::HAS_INPUT => Node::HasInput(self.input(reader)?),
            tag::BYTES => {
                let len = reader.count()?;
                self.budget.charge(len)?;
                self.interner.bytes += len;
                Node::Bytes(self.code.push_blob(reader.bytes(len)?))
            }
            tag::CONSTANT => {
                let constant = constant::read(reader)?;
                self.budget.charge(size_of_val(&constant))?;
                self.code.constant(constant)
            }
            tag::MAP => {
                let count = limits::NAMES.check(reader.count()?)?;
                let parts = (0..2 * count).map(|_| child(self, reader)).collect::<Result<Vec<_>, _>>()?;
                self.code.map(&parts)
            }
            tag::IF_PRESENT => {
                child(self, reader)?;
                Node::IfPresent
            }
            tag::PARAMETER => {
                let position = u16::try_from(reader.varint()?).map_err(|_| reader.invalid("parameter"))?;
                Node::Parameter(position)
            }
            tag::CALL => {
                let function = u16::try_from(reader.varint()?).ok().and_then(Function::from_code);
                let function = function.ok_or_else(|| reader.invalid("function"))?;
                let count = reader.count()?;
                if count > MAX_ARGUMENTS {
                    return Err(reader.invalid("number of arguments"));
                }
                let arguments = (0..count).map(|_| child(self, reader)).collect::<Result<Vec<_>, _>>()?;
                self.code.call(function, &arguments)
            }
            tag::MATCHES => {
                child(self, reader)?;
                Node::Matches(self.pattern(reader)?)
            }
            tag::ATTRIBUTE | tag::HAS_ATTRIBUTE => {
                let root = pick(&ROOTS, reader)?;
                let name = self.attribute_name(root, reader)?;
                if tag == tag::ATTRIBUTE { Node::Attribute(root, name) } else { Node::HasAttribute(root, name) }
            }
            tag::VARIABLE => match reader.byte()? {
                variable if variable < variables => Node::Variable(variable),
                _ => return Err(reader.invalid("variable")),
            },
            tag::SELECT | tag::HAS | tag::OPTIONAL_SELECT => {
                child(self, reader)?;
                let field = self.string(reader)?;
                match tag {
                    tag::SELECT => Node::Select(field),
                    tag::HAS => Node::Has(field),
                    _ => Node::OptionalSelect(field),
                }
            }
            tag::UNARY => {
                let operator = pick(&UNARIES, reader)?;
                child(self, reader)?;
                Node::Unary(operator)
            }
            tag::BINARY => {
                let operator = pick(&BINARIES, reader)?;
                child(self, reader)?;
                Node::Binary(operator, child(self, reader)?)
            }
            tag::INDEX
            | tag::AND
            | tag::OR
            | tag::OPTIONAL_INDEX
            | tag::FILTERED
            | tag::OPTIONAL_OR
            | tag::OPTIONAL_OR_VALUE => {
                child(self, reader)?;
                let other = child(self, reader)?;
                match tag {
                    tag::INDEX => Node::Index(other),
                    tag::AND => Node::And(other),
                    tag::OR => Node::Or(other),
                    tag::OPTIONAL_INDEX => Node::OptionalIndex(other),
                    tag::FILTERED => Node::Filtered(other),
                    tag::OPTIONAL_OR => Node::OptionalOr(other),
                    _ => Node::OptionalOrValue(other),
                }
            }
            tag::CONDITIONAL => {
                child(self, reader)?;
                let (yes, no) = (child(self, reader)?, child(self, reader)?);
                let before = u16::try_from(no.0.saturating_sub(yes.0)).map_err(|_| reader.invalid("conditional"))?;
                Node::Conditional(before, no)
            }
            tag::FOLD | tag::FOLD_PAIRS => {
                let fold = pick(&FOLDS, reader)?;
                let added = if tag == tag::FOLD { 1 } else { 2 };
                child(self, reader)?;
                let body = self.scoped(reader, depth, variables, added)?;
                match tag {
                    tag::FOLD => Node::Fold(fold, variables, body),
                    _ => Node::FoldPairs(fold, variables, body),
                }
            }
            tag::LET | tag::OPTIONAL_MAP | tag::OPTIONAL_FLAT_MAP => {
                child(self, reader)?;
                let body = self.scoped(reader, depth, variables, 1)?;
                match tag {
                    tag::LET => Node::Let(variables, body),
                    _ => Node::OptionalMap(tag == tag::OPTIONAL_FLAT_MAP, variables, body),
                }
            }
            _ => return Err(reader.invalid("operation")),
        };
        self.code.set(id, node);
        Ok(id)
    }

    /// What sees more variables.
    fn scoped(
        &mut self,
        reader: &mut Reader<'a>,
        depth: usize,
        variables: u8,
        added: u8,
    ) -> Result<NodeId, DecodeError> {
        if usize::from(variables) + usize::from(added) > MAX_VARIABLES {
            return Err(reader.invalid("macro nesting"));
        }
        self.node(reader, depth + 1, variables + added)
    }

    fn input(&mut self, reader: &mut Reader<'a>) -> Result<Input, DecodeError> {
        let input = pick(&INPUTS, reader)?;
        match input {
            Input::Time => self.uses.time += 1,
            Input::SourceIp | Input::SourcePort => self.uses.source += 1,
            Input::Body => self.uses.body += 1,
            _ => {}
        }
        Ok(input)
    }

    fn attribute_name(&mut self, root: Root, reader: &mut Reader<'a>) -> Result<StringId, DecodeError> {
        let name = self.string(reader)?;
        let (names, limit) = match root {
            Root::Header => (&mut self.uses.headers, limits::HEADERS),
            Root::Query => (&mut self.uses.query, limits::QUERY_PARAMETERS),
            Root::Principal | Root::Resource => return Ok(name),
        };
        names.add(name.0);
        limit.check(names.len())?;
        Ok(name)
    }

    fn pattern(&mut self, reader: &mut Reader<'a>) -> Result<PatternId, DecodeError> {
        let len = reader.count()?;
        let invalid = reader.invalid("pattern");
        let bytes = reader.bytes(len)?;
        let code = &mut *self.code;
        if let Some(number) = self.interner.patterns.find(bytes, |number| pattern_bytes(code, number)) {
            return Ok(PatternId(number));
        }
        self.budget.charge(2 * len)?;
        self.interner.bytes += len;
        let id = code.push_pattern(Pattern::from_bytes(bytes).ok_or(invalid)?);
        self.interner.patterns.insert(id.0, |number| pattern_bytes(code, number));
        Ok(id)
    }

    fn string(&mut self, reader: &mut Reader<'a>) -> Result<StringId, DecodeError> {
        let position = self.strings.index(reader)?;
        let known = self.known.get_mut(position).ok_or_else(|| reader.invalid("string reference"))?;
        Ok(*known.get_or_insert_with(|| self.interner.intern(self.strings.at(position), self.code)))
    }
}

fn pattern_bytes(code: &Code, number: u32) -> &[u8] {
    code.pattern(PatternId(number)).map(Pattern::as_bytes).unwrap_or_default()
}

fn pick<T: Copy>(table: &[T], reader: &mut Reader<'_>) -> Result<T, DecodeError> {
    let code = reader.byte()?;
    table.get(usize::from(code)).copied().ok_or_else(|| reader.invalid("operation"))
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}
