use super::bound::Bound;

/// The size of what a function gives, and the steps that it takes besides those of its arguments, by the arguments' sizes.
/// A string of size `n` has fewer than `16 (n + 1)` bytes.
pub(super) fn of(name: &str, sizes: &[Bound]) -> (Bound, Bound) {
    let none = Bound::none;
    let first = sizes.first().cloned().unwrap_or_else(Bound::none);
    let second = sizes.get(1).cloned().unwrap_or_else(Bound::none);
    let all = sizes.iter().fold(none(), Bound::plus);
    // A step for each 16 bytes, and ten for each 16 bytes that are written.
    let written = |text: &Bound| text.clone().plus_steps(1).times_steps(10);
    let bytes = |text: &Bound| text.times_steps(16).plus_steps(16);
    match name {
        "bool" | "double" | "duration" | "int" | "timestamp" | "type" | "uint" => (none(), all),
        "bytes" | "dyn" => (first, all),
        // What is not text is shown in fewer than 48 characters.
        "string" => (first.clone().plus_steps(3), first.plus_steps(30)),
        "indexOf" | "lastIndexOf" | "isIP" | "isCIDR" | "ip.isCanonical" | "ip" | "cidr" | "containsIP"
        | "containsCIDR" => (none(), all),
        "charAt" | "substring" | "trim" => (first, all),
        "lowerAscii" | "upperAscii" => (first.clone().plus_steps(1), all.plus(&written(&first))),
        // Of a list, a step for each element.
        "reverse" => (first.clone().plus_steps(1), all.plus(&written(&first))),
        "strings.quote" => {
            let quoted = first.times_steps(2).plus_steps(3);
            (quoted.clone(), all.plus(&written(&quoted)))
        }
        "join" => {
            let joined = first.clone().plus(&second.plus_steps(1).times(&first));
            (joined.clone(), all.plus(&first).plus(&written(&joined)))
        }
        "replace" => {
            let matches = bytes(&first).plus_steps(1);
            let new = sizes.get(2).cloned().unwrap_or_else(Bound::none);
            let replaced = first.plus_steps(1).plus(&matches.times(&new.plus_steps(1)));
            (replaced.clone(), all.plus(&matches).plus(&written(&replaced)))
        }
        "split" => {
            let pieces = bytes(&first).plus_steps(1);
            (pieces.clone().plus(&first), all.plus(&pieces))
        }
        "math.greatest" | "math.least" | "optional.unwrap" | "unwrapOpt" | "slice" => (first, all),
        "flatten" => (first.clone(), first.times_steps(2)),
        "distinct" => (first.clone(), first.times(&first).plus(&first)),
        // Two for each element, and in rounds, one for each doubling of their number, which fuel keeps below 2^14: one for
        // each key, and for each 16 bytes of it.
        "sort" => (first.clone(), first.times_steps(30)),
        "@sortByAssociatedKeys" => (first, second.times_steps(30)),
        "first" | "last" | "optional.of" | "optional.ofNonZeroValue" => (first.plus_steps(1), Bound::steps(1)),
        "value" => (first, none()),
        "optional.none" | "hasValue" => (none(), none()),
        "base64.encode" => (first.times_steps(2).plus_steps(3), first.times_steps(14).plus_steps(20)),
        "base64.decode" => (first.clone().plus_steps(1), written(&first).plus_steps(4)),
        _ if name.starts_with("math.") || name.starts_with("get") => (none(), none()),
        "family"
        | "isUnspecified"
        | "isLoopback"
        | "isGlobalUnicast"
        | "isLinkLocalMulticast"
        | "isLinkLocalUnicast"
        | "masked"
        | "prefixLength"
        | "isMask" => (none(), none()),
        // `lists.range` of a number, and `format`, whose numbers may be long: as much as there is.
        _ => (Bound::all(), Bound::all()),
    }
}
