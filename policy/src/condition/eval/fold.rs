use super::operators::absorb;
use super::{Evaluated, Evaluator, Observer};
use crate::condition::fault::{Fault, FaultKind};
use crate::condition::functions::Function;
use crate::condition::node::{Fold, Node, NodeId};
use crate::condition::value::{List, Map, Value};

/// What a macro goes over.
#[derive(Clone, Copy)]
enum Range<'a> {
    List(List<'a>),
    Map(Map<'a>),
}

/// A macro at work: what it goes over, its variables and its body.
#[derive(Clone, Copy)]
struct Loop<'a> {
    range: Range<'a>,
    variable: u8,
    second: Option<u8>,
    body: NodeId,
    at: NodeId,
}

impl<'a> Range<'a> {
    fn len(self) -> usize {
        match self {
            Range::List(list) => list.len(),
            Range::Map(map) => map.len(),
        }
    }

    /// What one variable stands for: an element, or a key.
    fn item(self, index: usize) -> Option<Value<'a>> {
        match self {
            Range::List(list) => list.get(index),
            Range::Map(map) => map.entry(index).map(|(key, _)| key),
        }
    }

    /// What two variables stand for: index or key, and value.
    fn pair(self, index: usize) -> Option<(Value<'a>, Value<'a>)> {
        match self {
            Range::List(list) => Some((Value::Int(i64::try_from(index).ok()?), list.get(index)?)),
            Range::Map(map) => map.entry(index),
        }
    }
}

impl<'a, O: Observer> Evaluator<'a, O> {
    pub(super) fn fold(
        &mut self,
        fold: Fold,
        variable: u8,
        second: Option<u8>,
        body: NodeId,
        id: NodeId,
    ) -> Evaluated<'a> {
        let range = match self.value(id.operand())? {
            Value::List(list) => Range::List(list),
            Value::Map(map) => Range::Map(map),
            _ => return Err(Fault { kind: FaultKind::Types, at: id }),
        };
        let over = Loop { range, variable, second, body, at: id };
        match fold {
            Fold::All => self.quantified(over, false).map(Value::Bool),
            Fold::Exists => self.quantified(over, true).map(Value::Bool),
            Fold::ExistsOne => self.exists_one(over).map(Value::Bool),
            Fold::Filter => self.filter(over),
            Fold::Map => self.mapped(over),
            Fold::TransformMap | Fold::TransformMapEntry => self.transformed(over, fold),
            Fold::SortBy => self.sorted(over),
        }
    }

    fn bind(&mut self, over: Loop<'a>, index: usize) -> Result<(), Fault> {
        let fault = |kind| Fault { kind, at: over.at };
        match over.second {
            None => {
                let item = over.range.item(index).ok_or(fault(FaultKind::Types))?;
                self.set(over.variable, item).map_err(fault)
            }
            Some(second) => {
                let (key, value) = over.range.pair(index).ok_or(fault(FaultKind::Types))?;
                self.set(over.variable, key).and_then(|()| self.set(second, value)).map_err(fault)
            }
        }
    }

    /// `exists` (`stop` true) and `all` (`stop` false): an element that gives `stop` decides and absorbs others' errors.
    fn quantified(&mut self, over: Loop<'a>, stop: bool) -> Result<bool, Fault> {
        let mut first_fault = None;
        for index in 0..over.range.len() {
            self.bind(over, index)?;
            match self.boolean(over.body, over.at) {
                Ok(value) if value == stop => return Ok(stop),
                Ok(_) => {}
                Err(fault) => first_fault = absorb(first_fault, fault)?,
            }
        }
        first_fault.map_or(Ok(!stop), Err)
    }

    #[inline(never)]
    fn exists_one(&mut self, over: Loop<'a>) -> Result<bool, Fault> {
        let mut found = 0;
        for index in 0..over.range.len() {
            self.bind(over, index)?;
            found += usize::from(self.boolean(over.body, over.at)?);
        }
        Ok(found == 1)
    }

    #[inline(never)]
    fn filter(&mut self, over: Loop<'a>) -> Evaluated<'a> {
        let mut kept = self.workspace().items();
        for index in 0..over.range.len() {
            self.bind(over, index)?;
            if self.boolean(over.body, over.at)?
                && let Some(item) = over.range.item(index)
            {
                self.push(&mut kept, item, over.at)?;
            }
        }
        Ok(self.workspace().list(kept))
    }

    #[inline(never)]
    fn mapped(&mut self, over: Loop<'a>) -> Evaluated<'a> {
        let mut results = self.workspace().items();
        for index in 0..over.range.len() {
            self.bind(over, index)?;
            if let Some(value) = self.body(over)? {
                self.push(&mut results, value, over.at)?;
            }
        }
        Ok(self.workspace().list(results))
    }

    #[inline(never)]
    fn transformed(&mut self, over: Loop<'a>, fold: Fold) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: over.at };
        let mut entries = bumpalo::collections::Vec::new_in(self.arena);
        for index in 0..over.range.len() {
            self.bind(over, index)?;
            let Some(value) = self.body(over)? else { continue };
            match (fold, value) {
                (Fold::TransformMap, value) => {
                    let (key, _) = over.range.pair(index).ok_or(fault(FaultKind::Types))?;
                    self.insert(&mut entries, key, value).map_err(fault)?;
                }
                (_, Value::Map(map)) => {
                    for (key, value) in map.iter() {
                        self.insert(&mut entries, key, value).map_err(fault)?;
                    }
                }
                _ => return Err(fault(FaultKind::Types)),
            }
        }
        Ok(self.workspace().map(entries))
    }

    /// Elements by their bodies' values, which must all be of one ordered type.
    #[inline(never)]
    fn sorted(&mut self, over: Loop<'a>) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: over.at };
        let Range::List(list) = over.range else { return Err(fault(FaultKind::Types)) };
        let mut keys = self.workspace().items();
        for index in 0..list.len() {
            self.bind(over, index)?;
            let key = self.value(over.body)?;
            self.push(&mut keys, key, over.at)?;
        }
        let arguments = [Value::List(list), self.workspace().list(keys)];
        Function::SORT_BY_KEYS.call(&arguments, &mut self.workspace()).map_err(fault)
    }

    /// The body's value for the element at hand; none where a filter leaves it out.
    fn body(&mut self, over: Loop<'a>) -> Result<Option<Value<'a>>, Fault> {
        match self.code.node(over.body) {
            Some(Node::Filtered(transform)) => match self.boolean(over.body.operand(), over.at)? {
                true => self.value(transform).map(Some),
                false => Ok(None),
            },
            _ => self.value(over.body).map(Some),
        }
    }

    fn push(
        &mut self,
        items: &mut bumpalo::collections::Vec<'a, Value<'a>>,
        item: Value<'a>,
        at: NodeId,
    ) -> Result<(), Fault> {
        self.workspace().push(items, item).map_err(|kind| Fault { kind, at })
    }
}
