using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// Reads a filter by recursive descent, one token ahead: OR binds least, then AND, then NOT. Parentheses keep their grouping in
/// the tree, so that a tree and its text are one.
/// </summary>
internal sealed class FilterParser
{
    private static readonly string[] Operators =
        ["=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "BETWEEN", "IS", "NOT"];

    private readonly TokenReader _tokens;
    private readonly OperandParser _operands;
    private readonly LiteralParser _literals;
    private int _conditions;
    private int _nesting;

    public FilterParser(SearchLanguage language, string text, DateTimeOffset now)
    {
        _tokens = new TokenReader(text);
        _operands = new OperandParser(_tokens, language);
        _literals = new LiteralParser(_tokens, now);
    }

    public Filter Parse()
    {
        if (_tokens.Current.Kind == TokenKind.End)
            return new Filter.AllOf([]);
        var node = ReadJunction(any: true);
        return _tokens.Current.Kind == TokenKind.End ? node.Filter : throw _tokens.Unexpected("AND, OR or the end", ["AND", "OR"]);
    }

    private Node ReadJunction(bool any)
    {
        var start = _tokens.Current.Start;
        var first = any ? ReadJunction(any: false) : ReadTerm();
        var keyword = any ? "OR" : "AND";
        if (!_tokens.Is(keyword))
            return first;
        List<Filter> terms = [first.Filter];
        var height = first.Height;
        while (_tokens.Take(keyword))
        {
            var term = any ? ReadJunction(any: false) : ReadTerm();
            terms.Add(term.Filter);
            height = Math.Max(height, term.Height);
        }

        return Made(start, any ? new Filter.AnyOf(terms) : new Filter.AllOf(terms), height + 1);
    }

    private Node ReadTerm()
    {
        var start = _tokens.Current.Start;
        if (_tokens.Take("NOT"))
        {
            Enter(start);
            var term = ReadTerm();
            _nesting--;
            return Not(start, term);
        }

        if (_tokens.Take("("))
        {
            Enter(start);
            var inner = ReadJunction(any: true);
            if (!_tokens.Take(")"))
                throw _tokens.Unexpected("AND, OR or )", ["AND", "OR"]);
            _nesting--;
            return inner;
        }

        if (_tokens.Take("TRUE"))
            return Made(start, new Filter.AllOf([]));
        return _tokens.Take("FALSE") ? Made(start, new Filter.AnyOf([])) : ReadCondition(start);
    }

    private Node ReadCondition(int start)
    {
        var left = _operands.Read();
        var at = _tokens.Current.Start;
        if (_tokens.Take("IS"))
        {
            var isPresent = _tokens.Take("NOT");
            _tokens.Expect("NULL");
            if (left.Type == SearchType.Lifecycle)
                throw _tokens.Fail(at, "'lifecycle' is never missing", "lifecycle = 'active' or lifecycle = 'deleted'");
            var missing = Made(start, new Filter.IsMissing(left.Operand));
            return isPresent ? Not(start, missing) : missing;
        }

        var negated = _tokens.Take("NOT");
        Node condition;
        if (_tokens.Take("IN"))
            condition = ReadList(start, left);
        else if (_tokens.Take("BETWEEN"))
            condition = ReadRange(start, at, left);
        else if (_tokens.Is("LIKE") || _tokens.Is("ILIKE"))
            condition = ReadPattern(start, at, left);
        else if (negated)
            throw _tokens.Unexpected("IN, BETWEEN, LIKE or ILIKE", ["IN", "BETWEEN", "LIKE", "ILIKE"]);
        else
            return ReadComparison(start, left);
        return negated ? Not(start, condition) : condition;
    }

    private Node ReadComparison(int start, SearchAttribute left)
    {
        var token = _tokens.Current;
        if (token.Kind != TokenKind.Symbol || Comparisons.Find(token.Value) is not { } op)
            throw _tokens.Unexpected($"one of {string.Join(", ", Operators)}", Operators);
        if (op is not (FilterOperator.Equal or FilterOperator.NotEqual) && !left.HasRange)
            throw _tokens.Fail(token.Start, $"'{left.Name}' has no order", left.HasPattern ? "=, !=, LIKE, ILIKE or IN" : "=, != or IN");
        _tokens.Next();
        var right = _literals.Read(left);
        if (left.Type == SearchType.Lifecycle)
            return Stage(start, left, right, op == FilterOperator.NotEqual);

        // so that each comparison with a name becomes one with a list of ids
        if (left.Type == SearchType.NameOfReferred && op == FilterOperator.NotEqual)
            return Not(start, Made(start, new Filter.Compare(left.Operand, FilterOperator.Equal, right)));
        return Made(start, new Filter.Compare(left.Operand, op, right));
    }

    private Node ReadPattern(int start, int at, SearchAttribute left)
    {
        if (!left.HasPattern)
            throw _tokens.Fail(at, $"'{left.Name}' is no text and has no patterns", left.HasRange ? "=, !=, <, <=, >, >=, IN or BETWEEN" : "=, != or IN");
        var op = _tokens.Next().Value.Equals("LIKE", StringComparison.OrdinalIgnoreCase) ? FilterOperator.Like : FilterOperator.LikeIgnoreCase;
        return Made(start, new Filter.Compare(left.Operand, op, _literals.ReadText(left)));
    }

    private Node ReadRange(int start, int at, SearchAttribute left)
    {
        if (!left.HasRange)
            throw _tokens.Fail(at, $"'{left.Name}' has no order", left.HasPattern ? "=, !=, LIKE, ILIKE or IN" : "=, != or IN");
        var low = _literals.Read(left);
        _tokens.Expect("AND");
        var second = _tokens.Current.Start;
        var high = _literals.Read(left);
        if (low.Type != high.Type)
            throw _tokens.Fail(second, "The ends of a range are of one type", low.Type == FieldType.Number ? "a number" : "a text in quotes");
        List<Filter> ends =
        [
            Made(start, new Filter.Compare(left.Operand, FilterOperator.GreaterOrEqual, low)).Filter,
            Made(start, new Filter.Compare(left.Operand, FilterOperator.LessOrEqual, high)).Filter,
        ];
        return Made(start, new Filter.AllOf(ends), 2);
    }

    private Node ReadList(int start, SearchAttribute left)
    {
        _tokens.Expect("(");
        List<FieldValue> values = [];
        do
            values.Add(_literals.Read(left));
        while (_tokens.Take(","));
        if (!_tokens.Take(")"))
            throw _tokens.Unexpected("a comma or )");
        if (left.Type != SearchType.Lifecycle)
            return Made(start, new Filter.OneOf(left.Operand, values));
        List<Node> stages = [.. values.Distinct().Select(v => Stage(start, left, v, negated: false))];
        return stages.Count == 1 ? stages[0] : Made(start, new Filter.AnyOf([.. stages.Select(s => s.Filter)]), stages.Max(s => s.Height) + 1);
    }

    // what is active has nothing stored
    private Node Stage(int start, SearchAttribute left, FieldValue stage, bool negated)
    {
        var active = Made(start, new Filter.IsMissing(left.Operand));
        return (stage.AsText == left.Words[0]) != negated ? active : Not(start, active);
    }

    private Node Not(int start, Node term) => Made(start, new Filter.Negation(term.Filter), term.Height + 1);

    private Node Made(int start, Filter filter, int height = 1)
    {
        if (height > SearchLanguage.MaxDepth)
            throw TooDeep(start);
        if (++_conditions > SearchLanguage.MaxConditions)
            throw _tokens.Fail(start, $"The filter has more than {SearchLanguage.MaxConditions} conditions", "fewer; IN takes a list as one condition");
        return new Node(filter, height);
    }

    private void Enter(int start)
    {
        if (++_nesting > SearchLanguage.MaxDepth)
            throw TooDeep(start);
    }

    private FilterSyntaxException TooDeep(int start) => _tokens.Fail(start, $"The filter is nested deeper than {SearchLanguage.MaxDepth}");

    /// <summary>A condition and how deep it is.</summary>
    private readonly record struct Node(Filter Filter, int Height);
}
