"""A recursive-descent parser from tokens to a query."""

from __future__ import annotations

from typing import Final

from sandbox.soql.errors import SoqlError, pointed
from sandbox.soql.nodes import (
    All,
    Call,
    Children,
    Compare,
    Condition,
    FieldSet,
    Joined,
    Literal,
    Name,
    Never,
    Order,
    Query,
    Selected,
    Some,
    TypeOf,
)
from sandbox.soql.tokens import Token, tokens

AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
DATE_PARTS: Final = frozenset(
    {
        "CALENDAR_YEAR",
        "CALENDAR_QUARTER",
        "CALENDAR_MONTH",
        "DAY_IN_MONTH",
        "DAY_IN_WEEK",
        "DAY_IN_YEAR",
        "DAY_ONLY",
        "HOUR_IN_DAY",
        "WEEK_IN_YEAR",
        "WEEK_IN_MONTH",
        "FISCAL_YEAR",
        "FISCAL_QUARTER",
        "FISCAL_MONTH",
    },
)
FORMATTERS: Final = frozenset({"TOLABEL", "FORMAT", "CONVERTCURRENCY"})
FUNCTIONS: Final = AGGREGATES | DATE_PARTS | FORMATTERS
LONGEST: Final = 100_000
_CLAUSES: Final = frozenset(
    {"FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "AND", "OR", "NOT", "IN", "LIKE", "ASC", "DESC"}
    | {"NULLS", "WITH", "FOR", "USING", "ALL", "UPDATE"},
)
_COMPARISONS: Final = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})


def parse(text: str) -> Query:
    """The query that the text states. Raises SoqlError MALFORMED_QUERY with the vendor's words."""
    if len(text) > LONGEST:
        raise SoqlError("MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters.")
    parser = _Parser(text)
    if parser.here.upper != "SELECT":
        raise SoqlError("MALFORMED_QUERY", "A query must begin with SELECT" if not text.strip() else parser.surprise())
    query = parser.query(nested=False)
    if parser.here.kind != "end":
        raise parser.unexpected()
    return query


class _Parser:
    """A cursor over the tokens of one text; each method reads one construct."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._next = 0

    @property
    def here(self) -> Token:
        return self._tokens[self._next]

    def _peek(self, ahead: int = 1) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _step(self) -> Token:
        token = self.here
        self._next += 1
        return token

    def surprise(self) -> str:
        token = self.here
        return f"unexpected token: {token.text if token.kind == 'end' else repr_token(token.text)}"

    def unexpected(self) -> SoqlError:
        return pointed("MALFORMED_QUERY", self.text, self.here.at, self.surprise())

    def _word(self, *wanted: str) -> bool:
        """Steps over these keywords if they stand here."""
        for ahead, word in enumerate(wanted):
            token = self._peek(ahead) if ahead else self.here
            if token.kind != "word" or token.upper != word:
                return False
        self._next += len(wanted)
        return True

    def _mark(self, mark: str) -> bool:
        if self.here.kind == "mark" and self.here.text == mark:
            self._next += 1
            return True
        return False

    def _need_mark(self, mark: str) -> None:
        if not self._mark(mark):
            raise self.unexpected()

    def _need_word(self, word: str) -> None:
        if not self._word(word):
            raise self.unexpected()

    # ---- the statement ----------------------------------------------------------------------------------------------
    def query(self, *, nested: bool) -> Query:
        self._need_word("SELECT")
        select = self._select(nested=nested)
        if self.here.upper != "FROM" and isinstance(select[-1], Name) and select[-1].alias is not None:
            self._next -= 1  # what was read as an alias is a misspelt FROM
        self._need_word("FROM")
        entity = self._plain_name()
        alias = self._entity_alias()
        where = self._condition() if self._word("WHERE") else None
        group = self._group() if self._word("GROUP", "BY") else ()
        having = self._condition() if self._word("HAVING") else None
        order = self._orders() if self._word("ORDER", "BY") else ()
        limit = self._whole_number() if self._word("LIMIT") else None
        offset_at = self.here.at
        offset = self._whole_number() if self._word("OFFSET") else 0
        if not nested:
            self._tail()
        return Query(
            self.text, select, entity.text, entity.at, alias, where, group, having, order, limit, offset, offset_at
        )

    def _tail(self) -> None:
        while self._word("FOR"):
            if not (self._word("VIEW") or self._word("REFERENCE") or self._word("UPDATE")):
                raise self.unexpected()
        self._word("ALL", "ROWS")

    def _plain_name(self) -> Token:
        token = self.here
        if token.kind not in {"word", "currency"} or (token.upper in _CLAUSES and token.upper != "GROUP"):
            raise self.unexpected()
        return self._step()

    def _entity_alias(self) -> str | None:
        self._word("AS")
        if self.here.kind == "word" and self.here.upper not in _CLAUSES:
            return self._step().text
        if self._word("USING"):
            self._need_word("SCOPE")
            self._plain_name()
        return None

    def _whole_number(self) -> int:
        token = self.here
        if token.kind != "number" or not token.text.isdigit():
            raise self.unexpected()
        return int(self._step().text)

    # ---- the field list ---------------------------------------------------------------------------------------------
    def _select(self, *, nested: bool) -> tuple[Selected, ...]:
        items = [self._selected(nested=nested)]
        while self._mark(","):
            items.append(self._selected(nested=nested))
        return tuple(items)

    def _selected(self, *, nested: bool) -> Selected:
        if self._mark("("):
            if nested:
                raise self.unexpected()
            query = self.query(nested=True)
            self._need_mark(")")
            return Children(query)
        if self.here.upper == "TYPEOF":
            return self._typeof()
        if self.here.upper == "FIELDS" and self._peek().text == "(":
            return self._field_set()
        return self._field_or_call(alias=True)

    def _field_set(self) -> FieldSet:
        at = self._step().at
        self._need_mark("(")
        which = self._plain_name() if self.here.upper != "ALL" else self._step()
        if which.upper not in {"ALL", "STANDARD", "CUSTOM"}:
            raise pointed("MALFORMED_QUERY", self.text, which.at, f"unexpected token: {repr_token(which.text)}")
        self._need_mark(")")
        return FieldSet(which.upper, at)

    def _typeof(self) -> TypeOf:
        at = self._step().at
        relation = self._plain_name().text
        cases: list[tuple[str, tuple[Name, ...]]] = []
        while self._word("WHEN"):
            entity = self._plain_name().text
            self._need_word("THEN")
            cases.append((entity, self._names()))
        if not cases:
            raise self.unexpected()
        otherwise = self._names() if self._word("ELSE") else ()
        self._need_word("END")
        return TypeOf(relation, tuple(cases), otherwise, at)

    def _names(self) -> tuple[Name, ...]:
        names = [self._name()]
        while self._mark(","):
            names.append(self._name())
        return tuple(names)

    def _name(self) -> Name:
        token = self._plain_name()
        return Name(tuple(token.text.split(".")), token.at)

    def _field_or_call(self, *, alias: bool) -> Name | Call:
        token = self._plain_name()
        if self.here.text != "(" or self.here.kind != "mark":
            name = Name(tuple(token.text.split(".")), token.at)
            given = self._alias() if alias else None
            return name if given is None else Name(name.path, name.at, given)
        if token.upper not in FUNCTIONS:
            raise self.unexpected()
        self._need_mark("(")
        arg = None if self.here.text == ")" else self._call_argument()
        self._need_mark(")")
        return Call(token.upper, arg, token.at, self._alias() if alias else None)

    def _call_argument(self) -> Name:
        inner = self._field_or_call(alias=False)
        if isinstance(inner, Call):  # FORMAT(convertCurrency(Amount)): the inner one only changes the look
            if inner.arg is None or inner.function not in FORMATTERS:
                raise self.unexpected()
            return inner.arg
        return inner

    def _alias(self) -> str | None:
        if self.here.kind in {"word", "currency"} and self.here.upper not in _CLAUSES and "." not in self.here.text:
            return self._step().text
        return None

    # ---- conditions -------------------------------------------------------------------------------------------------
    def _condition(self) -> Condition:
        first = self._negation()
        joiner = self.here.upper if self.here.kind == "word" else ""
        if joiner not in {"AND", "OR"}:
            return first
        parts = [first]
        while self._word(joiner):
            parts.append(self._negation())
        if self.here.kind == "word" and self.here.upper in {"AND", "OR"}:
            raise self.unexpected()  # the vendor wants parentheses where both are mixed
        return All(tuple(parts)) if joiner == "AND" else Some(tuple(parts))

    def _negation(self) -> Condition:
        if self._word("NOT"):
            return Never(self._negation())
        if self._mark("("):
            inner = self._condition()
            self._need_mark(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self._field_or_call(alias=False)
        token = self.here
        if token.kind == "mark" and token.text in _COMPARISONS:
            self._step()
            return Compare(left, "!=" if token.text == "<>" else token.text, (self._literal(),), token.at)
        if self._word("LIKE"):
            return Compare(left, "like", (self._literal(),), token.at)
        for word in ("INCLUDES", "EXCLUDES"):
            if self._word(word):
                return Compare(left, word.lower(), self._literals(), token.at)
        if self._word("NOT", "IN"):
            return self._membership(left, token.at, negated=True)
        if self._word("IN"):
            return self._membership(left, token.at, negated=False)
        raise self.unexpected()

    def _membership(self, left: Name | Call, at: int, *, negated: bool) -> Condition:
        if self.here.text == "(" and self._peek().upper == "SELECT":
            self._step()
            query = self.query(nested=True)
            self._need_mark(")")
            if isinstance(left, Call):
                raise self.unexpected()
            return Joined(left, query, negated)
        return Compare(left, "not in" if negated else "in", self._literals(), at)

    def _literals(self) -> tuple[Literal, ...]:
        self._need_mark("(")
        values = [self._literal()]
        while self._mark(","):
            values.append(self._literal())
        self._need_mark(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self.here
        if token.kind in {"string", "number", "date", "datetime", "currency", "range"}:
            self._step()
            return Literal(token.kind, token.text, token.at)
        if token.kind != "word" or token.upper in _CLAUSES:
            raise self.unexpected()
        self._step()
        if token.upper in {"TRUE", "FALSE"}:
            return Literal("boolean", token.upper, token.at)
        return Literal("null" if token.upper == "NULL" else "range", token.text, token.at)

    # ---- grouping and order -----------------------------------------------------------------------------------------
    def _group(self) -> tuple[Name | Call, ...]:
        keys = [self._field_or_call(alias=False)]
        while self._mark(","):
            keys.append(self._field_or_call(alias=False))
        return tuple(keys)

    def _orders(self) -> tuple[Order, ...]:
        orders = [self._order()]
        while self._mark(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        key = self._field_or_call(alias=False)
        descending = self._word("DESC")
        if not descending:
            self._word("ASC")
        nulls: bool | None = None
        if self._word("NULLS"):
            nulls = self._word("FIRST")
            if not nulls:
                self._need_word("LAST")
        return Order(key, descending, nulls)


def repr_token(text: str) -> str:
    """A token as error messages quote it."""
    return f"'{text}'"
