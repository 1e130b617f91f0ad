//! Reads the text of a query.

use super::config_query::{Condition, Test};

/// Columns (none: `*`), the condition, and what to sort by, `true` for downwards.
pub type Parts = (Vec<String>, Option<Condition>, Vec<(String, bool)>);

/// The parts of a query; absent where it isn't one.
pub fn parse(expression: &str) -> Option<Parts> {
    let mut parser = Parser { tokens: tokens(expression)?, next: 0 };
    parser.word("SELECT")?;
    let mut columns = Vec::new();
    if parser.symbol("*").is_none() {
        columns.push(parser.name()?);
        while parser.symbol(",").is_some() {
            columns.push(parser.name()?);
        }
    }
    let condition = match parser.word("WHERE") {
        Some(()) => Some(parser.any()?),
        None => None,
    };
    let order = match parser.word("ORDER") {
        Some(()) => parser.order()?,
        None => Vec::new(),
    };
    (parser.next == parser.tokens.len()).then_some((columns, condition, order))
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 10] = ["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ","];

fn tokens(expression: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim();
    while !rest.is_empty() {
        if let Some(symbol) = SYMBOLS.into_iter().chain(["*"]).find(|symbol| rest.starts_with(symbol)) {
            tokens.push(Token::Symbol(symbol));
            rest = rest.get(symbol.len()..)?;
        } else if let Some(text) = rest.strip_prefix('\'') {
            let end = text.find('\'')?;
            tokens.push(Token::Text(text.get(..end)?.to_owned()));
            rest = text.get(end + 1..)?;
        } else {
            let is_word = |character: char| character.is_alphanumeric() || "._-:".contains(character);
            let end = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            tokens.push(Token::Word(rest.get(..end)?.to_owned()));
            rest = rest.get(end..)?;
        }
        rest = rest.trim_start();
    }
    Some(tokens)
}

/// Words that are no property's name.
const RESERVED: [&str; 9] = ["SELECT", "WHERE", "ORDER", "GROUP", "BY", "AND", "OR", "NOT", "IN"];

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn take(&mut self, wanted: impl Fn(&Token) -> bool) -> Option<Token> {
        let token = self.tokens.get(self.next).filter(|token| wanted(token))?.clone();
        self.next += 1;
        Some(token)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.take(|token| matches!(token, Token::Word(text) if text.eq_ignore_ascii_case(word))).map(drop)
    }

    fn symbol(&mut self, symbol: &str) -> Option<()> {
        self.take(|token| matches!(token, Token::Symbol(known) if *known == symbol)).map(drop)
    }

    fn name(&mut self) -> Option<String> {
        match self.take(|token| matches!(token, Token::Word(_)))? {
            Token::Word(name) => (!RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))).then_some(name),
            _ => None,
        }
    }

    /// A text in quotation marks; numbers, `true` and `false` go without.
    fn literal(&mut self) -> Option<String> {
        let bare = |text: &str| text.parse::<f64>().is_ok() || text == "true" || text == "false";
        match self.take(|token| !matches!(token, Token::Symbol(_)))? {
            Token::Text(text) => Some(text),
            Token::Word(text) if bare(&text) => Some(text),
            _ => None,
        }
    }

    fn order(&mut self) -> Option<Vec<(String, bool)>> {
        self.word("BY")?;
        let mut order = Vec::new();
        loop {
            let name = self.name()?;
            let down = self.word("DESC").is_some();
            if !down {
                let _ = self.word("ASC");
            }
            order.push((name, down));
            if self.symbol(",").is_none() {
                return Some(order);
            }
        }
    }

    fn any(&mut self) -> Option<Condition> {
        let mut parts = vec![self.all()?];
        while self.word("OR").is_some() {
            parts.push(self.all()?);
        }
        Some(Condition::Any(parts))
    }

    fn all(&mut self) -> Option<Condition> {
        let mut parts = vec![self.one()?];
        while self.word("AND").is_some() {
            parts.push(self.one()?);
        }
        Some(Condition::All(parts))
    }

    fn one(&mut self) -> Option<Condition> {
        if self.word("NOT").is_some() {
            return Some(Condition::Not(Box::new(self.one()?)));
        }
        if self.symbol("(").is_some() {
            let inner = self.any()?;
            self.symbol(")")?;
            return Some(inner);
        }
        let name = self.name()?;
        let negated = self.word("NOT").is_some();
        let test = self.test()?;
        let condition = Condition::Test(name, test);
        Some(if negated { Condition::Not(Box::new(condition)) } else { condition })
    }

    fn test(&mut self) -> Option<Test> {
        if self.word("IN").is_some() {
            self.symbol("(")?;
            let mut list = vec![self.literal()?];
            while self.symbol(",").is_some() {
                list.push(self.literal()?);
            }
            self.symbol(")")?;
            return Some(Test::In(list));
        }
        if self.word("LIKE").is_some() {
            return self.literal().map(Test::Like);
        }
        if self.word("BETWEEN").is_some() {
            let low = self.literal()?;
            self.word("AND")?;
            return Some(Test::Between(low, self.literal()?));
        }
        let operators = ["=", "!=", "<>", "<", ">", "<=", ">="];
        let operator = operators.into_iter().find(|operator| self.symbol(operator).is_some())?;
        Some(Test::Compared(operator, self.literal()?))
    }
}
