"""Writes the labelled set that policy search is measured with: policies.yaml and queries.json.

    python3 make.py

The vocabulary is in things.txt, operations.txt and circumstances.txt, written by hand. Policies and queries are drawn from it
with a fixed seed, so the same files come out each time. What a query is labelled with follows from what a policy was
made of (a thing, operations, a circumstance, roles), never from its words.
"""

import json
import random
import re
from collections import defaultdict
from pathlib import Path

SEED = 20261121
POLICIES = 1000
WIDE = 40
FOLDER = Path(__file__).parent

# How many queries of each kind.
QUERIES = {
    "words": 70,
    "paraphrase": 90,
    "circumstance": 40,
    "circumstance-paraphrase": 40,
    "misspelt": 30,
    "role": 30,
    "similar": 60,
}

# What people call roles who do not know their names.
ROLES = {
    "physician": "doctors", "medical-clerk": "the front desk of the clinic", "pharmacist": "chemists",
    "lab-technician": "people in white coats at the microscopes", "accountant": "bookkeepers", "controller": "the CFO's staff",
    "treasurer": "whoever keeps the cash", "line-manager": "bosses", "external-auditor": "Deloitte and the like",
    "department-head": "heads of division", "payroll-officer": "those who transfer wages", "recruiter": "head hunters",
    "developer": "programmers", "maintainer": "lead coders", "release-engineer": "build masters", "sre": "site reliability folks",
    "security-engineer": "infosec", "product-manager": "PMs", "cloud-operator": "infrastructure people",
    "data-analyst": "number crunchers", "ml-engineer": "AI researchers", "privacy-officer": "the DPO",
    "shop-assistant": "sales clerks", "shopper": "consumers", "dispatcher": "logistics coordinators", "driver": "chauffeurs",
    "warehouse-worker": "forklift crews", "counsel": "lawyers", "paralegal": "junior legal staff", "teacher": "professors",
    "student": "pupils", "claims-adjuster": "loss assessors", "policyholder": "the insured", "support-agent": "customer service",
    "journalist": "reporters", "copy-editor": "proofreaders", "landlord": "property owners", "security-guard": "night watchmen",
    "machine-operator": "factory hands", "teller": "bank clerks", "loan-officer": "lenders", "trader": "brokers on the floor",
    "planning-officer": "town hall planners", "citizen": "inhabitants", "case-worker": "social workers",
    "help-desk": "first-level IT", "nurse": "caregivers",
}

ALLOW = [
    "{Roles} can {verb} {noun}{ circ}", "{Noun} may be {past} by {roles}{ circ}", "Lets {roles} {verb} {noun}{ circ}",
    "Only {roles} {verb} {noun}{ circ}", "{Ing} {noun} is for {roles}{ circ}", "{Roles}: {ing} of {noun}{ circ}",
    "Allow {ing} {noun}{ circ}", "So that {roles} are able to {verb} {noun}{ circ}", "{Roles} {verb} {noun}{ circ}",
    "Everyday work of {roles}: they {verb} {noun}{ circ}", "{Noun} are {past}{ circ}, by {roles}",
    "As agreed with the works council, {roles} may {verb} {noun}{ circ}", "A {role} needs to {verb} {noun}{ circ}",
    "Gives {roles} the right to {verb} {noun}{ circ}",
]
DENY = [
    "Nobody may {verb} {noun}{ circ}", "Blocks {ing} of {noun}{ circ}", "{Noun} must not be {past}{ circ}",
    "Keeps {roles} from {ing} {noun}{ circ}", "No {ing} of {noun}{ circ}", "{Ing} {noun}{ circ} is forbidden",
    "Refuse to {verb} {noun}{ circ}", "Safety net: never {verb} {noun}{ circ}",
]
REMARKS = [
    "See the handbook, section 4.2.", "Added after the spring audit.", "Owner: platform team.", "Review yearly.",
    "Replaces an older rule.", "Asked for by the board.", "ISO 27001, control A.9.", "Temporary until the migration is done.",
]
ASKED = [
    "who can {verb} {noun}", "{ing} {noun}", "rules for {ing} {noun}", "I want to {verb} {noun}", "{noun} {verb}",
    "which policies are about {ing} {noun}?", "am I able to {verb} {noun}", "permission to {verb} {noun}", "{verb} {noun}",
]
ASKED_ABOUT = ["{noun} {circ}", "what holds for {noun} {circ}?", "{circ}: {noun}", "rules on {noun}, {circ}"]
ASKED_OF_ROLES = ["what may {roles} do with {noun}", "{roles} and {noun}", "{noun} for {roles}"]


class Dice:
    """Draws that are the same with every version of Python."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, count):
        return int(self.random() * count)

    def pick(self, options):
        return options[self.below(len(options))]

    def chance(self, share):
        return self.random() < share

    def shuffled(self, items):
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items


def table(name):
    lines = (FOLDER / name).read_text().splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    return [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|(?!\\)", row)] for row in rows]


def listed(text, mark=","):
    return [part.strip() for part in text.split(mark)]


def vocabulary():
    things = [
        {"domain": domain, "key": key, "kinds": listed(kinds), "nouns": listed(nouns), "asked": listed(asked),
         "operations": operations.split(), "circumstances": circumstances.split(), "roles": roles.split()}
        for domain, key, kinds, nouns, asked, operations, circumstances, roles in table("things.txt")
    ]
    operations = {
        key: {"actions": listed(actions), "verbs": [form.split("/") for form in listed(verbs)],
              "asked": [form.split("/") for form in listed(asked)]}
        for key, actions, verbs, asked in table("operations.txt")
    }
    circumstances = {
        key: {"allow": listed(allow, ";;"), "deny": listed(deny, ";;"), "allow_said": listed(allow_said, "/"),
              "deny_said": listed(deny_said, "/"), "asked": listed(asked, "/")}
        for key, allow, deny, allow_said, deny_said, asked in table("circumstances.txt")
    }
    return things, operations, circumstances


def plural(role):
    words = role.replace("-", " ")
    return words if words in ("sre", "counsel", "help desk") else words + "s"


def verb_forms(verb):
    """Base, past participle and gerund; one form stands for all that are not given."""
    base, *others = verb
    return base, others[0] if others else base, others[-1] if others else base


def filled(frame, dice, thing, verb, roles, circumstance):
    base, past, ing = verb_forms(verb)
    noun, who = dice.pick(thing["nouns"]), " and ".join(plural(role) for role in roles)
    values = {"verb": base, "past": past, "ing": ing, "noun": noun, "roles": who, "role": roles[0].replace("-", " ")}
    text = frame.replace("{ circ}", f" {circumstance}" if circumstance else "")
    for key, value in values.items():
        text = text.replace("{%s}" % key, value).replace("{%s}" % key.capitalize(), value[:1].upper() + value[1:])
    return text


def slug(text):
    text = re.sub(r"([a-z])([A-Z])", r"\1-\2", text).lower()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def name_of(dice, number, kind, action, role, circumstance, effect):
    prefix = "deny" if effect == "deny" else "allow"
    styles = [
        f"{kind}-{action}-{role}", f"{role}-{action}-{kind}", f"{prefix}-{action}-{kind}", f"{kind}.{action}",
        f"{kind}-{circumstance or role}", f"pol-{number:04}", f"{kind[:3]}-{number}", f"{role}-{kind}-policy",
        f"{kind}-{action}-{number}",
    ]
    return slug(dice.pick(styles)) if dice.chance(0.9) else f"rule-{number}"


def policy(dice, number, thing, operation, circumstance, words):
    """A policy about a thing, with what it was made of."""
    operations, circumstances = words
    effect = "deny" if circumstance and dice.chance(0.25) else "allow"
    roles = dice.shuffled(thing["roles"])[: 2 if dice.chance(0.25) else 1]
    made_of = [operation]
    if dice.chance(0.15):
        made_of.append(dice.pick([other for other in thing["operations"] if other != operation]))
    kinds = dice.shuffled(thing["kinds"])[: 2 if dice.chance(0.1) else 1]
    actions = [dice.pick(operations[key]["actions"]) for key in made_of]
    said = circumstance and dice.pick(circumstances[circumstance][f"{effect}_said"])
    verbs = [dice.pick(operations[key]["verbs"]) for key in made_of]
    verb = [" and ".join(forms) for forms in zip(*map(verb_forms, verbs))]
    style = dice.random()
    if style < 0.12:
        description = ""
    elif style < 0.24:
        description = f"{dice.pick(thing['nouns'])}, {verb[0]}"
    else:
        frame = dice.pick(DENY if effect == "deny" else ALLOW)
        # Some conditions are not told in the description.
        description = filled(frame, dice, thing, verb, roles, said if dice.chance(0.8) else None)
    if description and dice.chance(0.12):
        description = f"{description}. {dice.pick(REMARKS)}"
    written = {
        "name": name_of(dice, number, kinds[0], actions[0], roles[0], circumstance, effect),
        "description": description,
        "resource": kinds,
        "actions": actions,
        "roles": ["*"] if effect == "deny" and dice.chance(0.6) else roles,
        "condition": circumstance and dice.pick(circumstances[circumstance][effect]),
        "effect": effect,
    }
    about = {"thing": thing["key"], "operations": made_of, "circumstance": circumstance,
             "roles": [] if written["roles"] == ["*"] else roles}
    return written, about


def wide_policy(dice, number, things):
    """One that shares words with many and is about none of what is asked for."""
    domain = dice.pick(sorted({thing["domain"] for thing in things}))
    kinds = [dice.pick(thing["kinds"]) for thing in things if thing["domain"] == domain]
    reason = dice.pick(["maintenance", "a quarterly freeze", "a disaster drill", "an acquisition", "year-end"])
    description = dice.pick([
        f"Everything in {domain} stands still during {reason}", f"Administrators of {domain} may do anything",
        f"Health checks of {domain}, no matter what they touch", f"Migration of {domain} data: {reason}",
        f"Service account of {domain}; created, edited and removed by scripts only",
    ])
    return {
        "name": f"{domain}-{slug(reason)}-{number}", "description": description, "resource": kinds, "actions": ["*"],
        "roles": [f"{domain}-admin"], "condition": dice.pick([None, "request.headers['x-maintenance'] == 'on'"]),
        "effect": dice.pick(["allow", "deny"]),
    }, {"thing": None, "operations": [], "circumstance": None, "roles": []}


def policies(dice, things, words):
    cells = []
    for thing in things:
        for operation in thing["operations"]:
            first, second = dice.shuffled(thing["circumstances"] + [None])[:2]
            cells += [(thing, operation, first)] * (2 if dice.chance(0.6) else 3) + [(thing, operation, second)]
    cells = dice.shuffled(cells)
    while len(cells) < POLICIES - WIDE:
        thing, operation, _ = dice.pick(cells)
        cells.append((thing, operation, dice.pick(thing["circumstances"])))
    made, taken = [], set()
    for number, cell in enumerate(cells[: POLICIES - WIDE]):
        made.append(policy(dice, number, *cell, words))
    for number in range(POLICIES - WIDE, POLICIES):
        made.append(wide_policy(dice, number, things))
    for number, (written, _) in enumerate(made):
        if written["name"] in taken:
            written["name"] += f"-{number}"
        taken.add(written["name"])
    return sorted(made, key=lambda pair: pair[0]["name"])


def misspelt(dice, text):
    """With a slip in each of its two longest words."""
    for word in sorted(re.findall(r"[A-Za-z]{5,}", text), key=len)[-2:]:
        at = 1 + dice.below(len(word) - 3)
        slip = dice.pick([
            word[:at] + word[at + 1] + word[at] + word[at + 2:], word[:at] + word[at + 1:], word[:at] + word[at] + word[at:],
        ])
        text = text.replace(word, slip, 1)
    return text


def queries(dice, made, things, words):
    operations, circumstances = words
    by_key = {thing["key"]: thing for thing in things}
    groups = defaultdict(lambda: defaultdict(list))
    for written, about in made:
        for operation in about["operations"]:
            groups["operation"][about["thing"], operation].append(written["name"])
        if about["circumstance"]:
            groups["circumstance"][about["thing"], about["circumstance"]].append(written["name"])
        for role in about["roles"]:
            groups["role"][about["thing"], role].append(written["name"])

    def drawn(group, count, fits=lambda key: True):
        keys = sorted(key for key, names in groups[group].items() if 2 <= len(names) <= 10 and fits(key))
        keys = dice.shuffled(keys)
        assert len(keys) >= count, (group, len(keys))
        return keys[:count]

    def asked(key, nouns, verbs):
        base, _, ing = verb_forms(dice.pick(operations[key[1]][verbs]))
        frame = dice.pick(ASKED)
        return frame.replace("{verb}", base).replace("{ing}", ing).replace("{noun}", dice.pick(by_key[key[0]][nouns]))

    found = []

    def add(kind, group, key, text):
        found.append({"kind": kind, "text": text, "relevant": sorted(groups[group][key])})

    for key in drawn("operation", QUERIES["words"]):
        add("words", "operation", key, asked(key, "nouns", "verbs"))
    for key in drawn("operation", QUERIES["paraphrase"]):
        add("paraphrase", "operation", key, asked(key, "asked", "asked"))
    for kind, nouns in [("circumstance", "nouns"), ("circumstance-paraphrase", "asked")]:
        for key in drawn("circumstance", QUERIES[kind]):
            own = circumstances[key[1]]
            said = own["asked"] if nouns == "asked" else own["allow_said"] + own["deny_said"]
            text = dice.pick(ASKED_ABOUT).replace("{noun}", dice.pick(by_key[key[0]][nouns]))
            add(kind, "circumstance", key, text.replace("{circ}", dice.pick(said)))
    for key in drawn("operation", QUERIES["misspelt"]):
        add("misspelt", "operation", key, misspelt(dice, asked(key, "nouns", "verbs")))
    for key in drawn("role", QUERIES["role"], lambda key: key[1] in ROLES):
        text = dice.pick(ASKED_OF_ROLES).replace("{roles}", ROLES[key[1]])
        add("role", "role", key, text.replace("{noun}", dice.pick(by_key[key[0]]["nouns"])))
    for key in drawn("operation", QUERIES["similar"]):
        names = sorted(groups["operation"][key])
        like = dice.pick(names)
        found.append({"kind": "similar", "policy": like, "relevant": [name for name in names if name != like]})
    return found


def as_yaml(written):
    def quoted(value):
        return json.dumps(value, ensure_ascii=False)

    lines = [f"  - name: {written['name']}"]
    if written["description"]:
        lines.append(f"    description: {quoted(written['description'])}")
    if written["effect"] == "deny":
        lines.append("    effect: deny")
    lines += [f"    {field}: {quoted(written[field])}" for field in ("resource", "actions", "roles")]
    if written["condition"]:
        lines.append(f"    condition: {quoted(written['condition'])}")
    return "\n".join(lines)


def main():
    dice = Dice(SEED)
    things, *words = vocabulary()
    made = policies(dice, things, words)
    asked = queries(dice, made, things, words)
    text = "# Made by make.py.\npolicies:\n" + "\n".join(as_yaml(written) for written, _ in made) + "\n"
    (FOLDER / "policies.yaml").write_text(text)
    lines = ",\n".join(json.dumps(query, ensure_ascii=False) for query in asked)
    (FOLDER / "queries.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
