/// A document in a style that only a generator would choose.
pub(super) struct Careless {
    state: u64,
    text: String,
}

const WORDS: [&str; 24] = [
    "a",
    "view",
    "yes",
    "true",
    "1",
    "017",
    "~",
    "null",
    "a: b",
    "x #y",
    "#z",
    "it's",
    "say \"x\"",
    "[a]",
    "{b}",
    "a, b",
    "*",
    "&c",
    "- d",
    "é ü",
    "a\\b",
    "2026-01-01T00:00:00Z",
    "resource.a == 'b' && has(principal.c)",
    "  sp  ",
];

impl Careless {
    /// One document for each seed; most of them are YAML.
    pub(super) fn document(seed: u64) -> String {
        let mut careless = Careless { state: seed, text: String::new() };
        careless.map(0, 0);
        careless.text
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % bound
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn word(&mut self) -> String {
        let word = WORDS[usize::try_from(self.below(WORDS.len() as u64)).unwrap()];
        let is_tame = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-'=&() ".contains(&byte))
            && word.trim() == word
            && !word.starts_with(['&', '-']);
        match self.below(3) {
            0 if is_tame => word.to_owned(),
            1 => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
            _ => format!("'{}'", word.replace('\'', "''")),
        }
    }

    /// Ends a line, perhaps with a comment and with what comes between lines.
    fn end(&mut self, indent: usize) {
        if self.chance(15) {
            let number = self.below(1000);
            self.text += &format!("   # right {number}");
        }
        let end = if self.chance(5) { "  \n" } else { "\n" };
        self.text += end;
        while self.chance(15) {
            let (number, indent) = (self.below(1000), if self.chance(70) { indent } else { self.below(8) as usize });
            self.text += &format!("{}#own {number}  \n", " ".repeat(indent));
        }
        if self.chance(10) {
            self.text += "\n";
        }
    }

    fn flow(&mut self, depth: u64) {
        match self.below(if depth > 2 { 1 } else { 3 }) {
            0 => {
                let word = self.word();
                self.text += &word;
            }
            1 => {
                self.text += "[";
                for _ in 0..self.below(4) {
                    self.flow(depth + 1);
                    let comma = if self.chance(20) { " ,\n          " } else { ", " };
                    self.text += comma;
                    if self.chance(5) {
                        self.text += "# in flow\n        ";
                    }
                }
                self.text += "]";
            }
            _ => {
                self.text += "{";
                for key in 0..self.below(4) {
                    self.text += &format!("k{key}: ");
                    self.flow(depth + 1);
                    self.text += ", ";
                }
                self.text += "}";
            }
        }
    }

    fn value(&mut self, indent: usize, depth: u64) {
        match self.below(10) {
            0..=2 => {
                self.text += " ";
                self.flow(1);
                self.end(indent);
            }
            3 => {
                let (sign, chomp) = (["|", ">"][self.below(2) as usize], ["", "-"][self.below(2) as usize]);
                self.text += &format!(" {sign}{chomp}");
                if self.chance(20) {
                    self.text += " # header";
                }
                self.text += "\n";
                for line in 0..=self.below(4) {
                    let lead = if line > 0 && self.chance(20) { "  " } else { "" };
                    self.text += &format!("{}{lead}line # {line}\n", " ".repeat(indent + 3));
                    if self.chance(20) {
                        self.text += "\n";
                    }
                }
            }
            4 => {
                let inner = " ".repeat(indent + 1 + self.below(4) as usize);
                self.text += &format!(" one\n{inner}two\n\n{inner}three");
                self.end(indent);
            }
            5 => self.end(indent),
            6 | 7 if depth < 4 => {
                self.end(indent + 2);
                let inner = indent + 1 + self.below(4) as usize;
                self.map(inner, depth + 1);
            }
            8 | 9 if depth < 4 => {
                self.end(indent);
                let inner = indent + self.below(4) as usize;
                for _ in 0..=self.below(3) {
                    self.text += &format!("{}-", " ".repeat(inner));
                    if self.chance(50) {
                        self.text += " ";
                        self.bullet_map(inner + 2, depth + 1);
                    } else {
                        self.value(inner + 1, depth + 1);
                    }
                }
            }
            _ => {
                let word = self.word();
                self.text += &format!(" {word}");
                self.end(indent);
            }
        }
    }

    fn bullet_map(&mut self, indent: usize, depth: u64) {
        let keys = ["name", "roles", "effect", "x"];
        for (number, key) in keys.iter().take(1 + self.below(4) as usize).rev().enumerate() {
            let lead = if number == 0 { String::new() } else { " ".repeat(indent) };
            self.text += &format!("{lead}{key}:");
            self.value(indent, depth + 1);
        }
    }

    fn map(&mut self, indent: usize, depth: u64) {
        let keys = ["policies", "routes", "match", "\"resource\"", "attr", "principals", "variables"];
        for key in keys.iter().skip(self.below(4) as usize).take(1 + self.below(4) as usize) {
            self.text += &format!("{}{key}:", " ".repeat(indent));
            self.value(indent, depth + 1);
        }
    }
}
