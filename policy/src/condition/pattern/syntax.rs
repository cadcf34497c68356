//! From the syntax tree of Rust's regular expressions to one that means what RE2 means by the same text.

use regex_syntax::ast::{
    Assertion, AssertionKind, Ast, ClassAscii, ClassAsciiKind, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet,
    ClassSetItem, ClassSetRange, ClassSetUnion, ClassUnicode, ClassUnicodeKind, ClassUnicodeOpKind, Flag, Flags,
    FlagsItem, FlagsItemKind, Group, GroupKind, HexLiteralKind, Literal, LiteralKind, RepetitionKind, RepetitionRange,
    Span,
};

use super::PatternProblem;
use super::compile::problem;

/// Most of a counted repetition, as in RE2.
const MAX_COUNT: u32 = 1000;

/// RE2's general categories. Other names of classes are scripts.
const CATEGORIES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
    "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

type Checked = Result<(), PatternProblem>;

/// Gives every construct the meaning that it has in RE2, and refuses those that RE2 does not have.
pub(super) fn to_re2(tree: &mut Ast, source: &str) -> Checked {
    match tree {
        Ast::Empty(_) | Ast::Dot(_) => {}
        Ast::Flags(set) => flags(&set.flags)?,
        Ast::Literal(literal) => self::literal(literal)?,
        Ast::Assertion(assertion) => *tree = self::assertion(assertion, source)?,
        Ast::ClassUnicode(class) => unicode(class)?,
        Ast::ClassPerl(class) => *tree = Ast::ClassBracketed(Box::new(perl(class))),
        Ast::ClassBracketed(class) => set(&mut class.kind)?,
        Ast::Repetition(repetition) => {
            if matches!(*repetition.ast, Ast::Repetition(_)) {
                return Err(problem(&repetition.op.span, "repeats a repetition: group what is repeated".to_owned()));
            }
            let most = match &repetition.op.kind {
                RepetitionKind::Range(
                    RepetitionRange::Exactly(most) | RepetitionRange::AtLeast(most) | RepetitionRange::Bounded(_, most),
                ) => *most,
                _ => 0,
            };
            if most > MAX_COUNT {
                let message = format!("repeats more than {MAX_COUNT} times");
                return Err(problem(&repetition.op.span, message));
            }
            to_re2(&mut repetition.ast, source)?;
        }
        Ast::Group(group) => {
            if let GroupKind::NonCapturing(of) = &group.kind {
                flags(of)?;
            }
            to_re2(&mut group.ast, source)?;
        }
        Ast::Alternation(alternation) => alternation.asts.iter_mut().try_for_each(|part| to_re2(part, source))?,
        Ast::Concat(concat) => concat.asts.iter_mut().try_for_each(|part| to_re2(part, source))?,
    }
    Ok(())
}

fn flags(flags: &Flags) -> Checked {
    for item in &flags.items {
        match item.kind {
            FlagsItemKind::Negation
            | FlagsItemKind::Flag(
                Flag::CaseInsensitive | Flag::MultiLine | Flag::DotMatchesNewLine | Flag::SwapGreed,
            ) => {}
            FlagsItemKind::Flag(_) => {
                return Err(problem(&item.span, "has a flag other than i, m, s and U".to_owned()));
            }
        }
    }
    Ok(())
}

fn literal(literal: &Literal) -> Checked {
    match literal.kind {
        LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
            Err(problem(&literal.span, r"has an escape that RE2 lacks: write \x{…}".to_owned()))
        }
        _ => Ok(()),
    }
}

fn assertion(assertion: &Assertion, source: &str) -> Result<Ast, PatternProblem> {
    let Assertion { span, kind } = assertion;
    Ok(match kind {
        AssertionKind::StartLine | AssertionKind::EndLine | AssertionKind::StartText | AssertionKind::EndText => {
            Ast::Assertion(Box::new(assertion.clone()))
        }
        // Of ASCII words.
        AssertionKind::WordBoundary | AssertionKind::NotWordBoundary => {
            let item = |kind| FlagsItem { span: *span, kind };
            let items = vec![item(FlagsItemKind::Negation), item(FlagsItemKind::Flag(Flag::Unicode))];
            Ast::Group(Box::new(Group {
                span: *span,
                kind: GroupKind::NonCapturing(Flags { span: *span, items }),
                ast: Box::new(Ast::Assertion(Box::new(assertion.clone()))),
            }))
        }
        // An escaped character stands for itself.
        AssertionKind::WordBoundaryStartAngle => character(*span, '<'),
        AssertionKind::WordBoundaryEndAngle => character(*span, '>'),
        _ => {
            let text = source.get(span.start.offset..span.end.offset).unwrap_or_default();
            return Err(problem(span, format!("has `{text}`, which RE2 lacks")));
        }
    })
}

fn character(span: Span, c: char) -> Ast {
    Ast::Literal(Box::new(Literal { span, kind: LiteralKind::Superfluous, c }))
}

/// A bracketed class: one set, without sets in it.
fn set(set: &mut ClassSet) -> Checked {
    match set {
        ClassSet::Item(item) => self::item(item),
        ClassSet::BinaryOp(operation) => {
            let message = "has `&&`, `--` or `~~` in a class, which RE2 lacks: escape the character";
            Err(problem(&operation.span, message.to_owned()))
        }
    }
}

fn item(item: &mut ClassSetItem) -> Checked {
    match item {
        ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) => {}
        ClassSetItem::Literal(literal) => self::literal(literal)?,
        ClassSetItem::Range(ClassSetRange { start, end, .. }) => {
            literal(start)?;
            literal(end)?;
        }
        ClassSetItem::Unicode(class) => unicode(class)?,
        ClassSetItem::Perl(class) => *item = ClassSetItem::Bracketed(Box::new(perl(class))),
        ClassSetItem::Bracketed(class) => {
            return Err(problem(&class.span, r"has a class in a class, which RE2 lacks: write `\[`".to_owned()));
        }
        ClassSetItem::Union(union) => union.items.iter_mut().try_for_each(self::item)?,
    }
    Ok(())
}

/// ASCII, as RE2 has them; `\s` is without the vertical tab.
fn perl(class: &ClassPerl) -> ClassBracketed {
    let span = class.span;
    let ascii = |kind| ClassSetItem::Ascii(ClassAscii { span, kind, negated: false });
    let items = match class.kind {
        ClassPerlKind::Digit => vec![ascii(ClassAsciiKind::Digit)],
        ClassPerlKind::Word => vec![ascii(ClassAsciiKind::Word)],
        ClassPerlKind::Space => ['\t', '\n', '\x0c', '\r', ' ']
            .map(|c| ClassSetItem::Literal(Literal { span, kind: LiteralKind::Verbatim, c }))
            .into(),
    };
    let kind = ClassSet::Item(ClassSetItem::Union(ClassSetUnion { span, items }));
    ClassBracketed { span, negated: class.negated, kind }
}

/// A general category, or a script by its full name.
fn unicode(class: &mut ClassUnicode) -> Checked {
    let name = match &class.kind {
        ClassUnicodeKind::OneLetter(letter) => letter.to_string(),
        ClassUnicodeKind::Named(name) => match name.strip_prefix('^') {
            Some(name) => {
                class.negated = !class.negated;
                name.to_owned()
            }
            None => name.clone(),
        },
        ClassUnicodeKind::NamedValue { .. } => {
            return Err(problem(
                &class.span,
                "has a Unicode property, of which RE2 has categories and scripts".to_owned(),
            ));
        }
    };
    if let Some(category) = CATEGORIES.iter().find(|category| **category == name) {
        class.kind = named("General_Category", category);
    } else if name != "Any" {
        class.kind = named("Script", &name);
    }
    Ok(())
}

fn named(name: &str, value: &str) -> ClassUnicodeKind {
    ClassUnicodeKind::NamedValue { op: ClassUnicodeOpKind::Equal, name: name.to_owned(), value: value.to_owned() }
}
