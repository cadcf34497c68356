use cel_interpreter::common::ast::IdedExpr;

use super::{Lowered, Lowering};
use crate::condition::macros::Macro;
use crate::condition::node::{MAX_VARIABLES, Node, NodeId};

impl Lowering<'_> {
    pub(super) fn macro_call(&mut self, call: Macro<'_>, at: &IdedExpr) -> Lowered<Node> {
        match call {
            Macro::Has(select) => self.has(select, at),
            Macro::Fold { kind, range, variable, second, filter, body } => {
                self.node(range)?;
                let names: Vec<&str> = std::iter::once(variable).chain(second).collect();
                let (first, body) = self.scoped(&names, at, |lowering| match filter {
                    None => lowering.node(body),
                    Some(filter) => lowering.deeper(body, |lowering| {
                        let id = lowering.code.reserve();
                        lowering.node(filter)?;
                        let body = lowering.node(body)?;
                        lowering.code.set(id, Node::Filtered(body));
                        Ok(id)
                    }),
                })?;
                Ok(match second {
                    None => Node::Fold(kind, first, body),
                    Some(_) => Node::FoldPairs(kind, first, body),
                })
            }
            Macro::Bind { variable, value, body } => {
                self.node(value)?;
                let (variable, body) = self.scoped(&[variable], at, |lowering| lowering.node(body))?;
                Ok(Node::Let(variable, body))
            }
            Macro::OptionalMap { flat, operand, variable, body } => {
                self.node(operand)?;
                let (variable, body) = self.scoped(&[variable], at, |lowering| lowering.node(body))?;
                Ok(Node::OptionalMap(flat, variable, body))
            }
        }
    }

    /// Lowers what sees these variables; gives the number of the first.
    fn scoped(
        &mut self,
        names: &[&str],
        at: &IdedExpr,
        body: impl FnOnce(&mut Self) -> Lowered<NodeId>,
    ) -> Lowered<(u8, NodeId)> {
        let (before, first) = (self.locals.len(), self.hidden + self.locals.len());
        if first + names.len() > MAX_VARIABLES {
            let message = format!("macros have more than {MAX_VARIABLES} variables at once; simplify the condition");
            return Err(self.problem(at, message));
        }
        self.locals.extend(names.iter().map(|name| (*name).to_owned()));
        let body = body(self);
        self.locals.truncate(before);
        Ok((u8::try_from(first).unwrap_or(u8::MAX), body?))
    }
}
