using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Reads what is compared or sorted by: <c>start_time</c>, <c>params.model</c>, <c>min(metrics.rmse)</c>.</summary>
internal sealed class OperandParser(TokenReader tokens, SearchLanguage language)
{
    public SearchAttribute Read()
    {
        var function = tokens.Current;
        if (function.Kind is not (TokenKind.Word or TokenKind.Key or TokenKind.TextOrKey))
            throw tokens.Unexpected($"an attribute of {language.Entities}: {Known}");
        tokens.Next();
        if (function.Kind != TokenKind.Word || !tokens.Take("("))
            return Resolve(function);

        if (!Aggregates.TryParse(function.Value, out var aggregate))
        {
            throw tokens.Fail(
                function.Start,
                $"There is no function '{TokenReader.Shorten(function.Value)}'",
                $"one of {string.Join(", ", Aggregates.Names)}",
                Spelling.Nearest(function.Value, Aggregates.Names));
        }

        var argument = tokens.Next();
        if (argument.Kind != TokenKind.Word || Resolve(argument) is not { Operand: Operand.OfSeries series } metric)
            throw tokens.Fail(argument.Start, $"Only metrics have {function.Value}", "a metric such as metrics.rmse");
        tokens.Expect(")");
        return metric with { Operand = series with { Aggregate = aggregate } };
    }

    private string Known =>
        string.Join(", ", language.Attributes.Select(a => a.Name).Concat(language.Collections.Where(c => c.Refusal is null).Select(c => c.Prefix + "key")));

    private SearchAttribute Resolve(Token token)
    {
        var (kind, start, end, name) = token;
        var dot = kind == TokenKind.Word ? name.IndexOf('.', StringComparison.Ordinal) : -1;
        if (dot < 0)
            return Attribute(name, start);
        var entity = name[..dot];
        var key = name[(dot + 1)..];
        if (key.Length == 0 && tokens.Current is { Kind: TokenKind.Key or TokenKind.TextOrKey } quoted && quoted.Start == end)
            key = tokens.Next().Value;
        if (language.OfAttributes.Contains(entity, StringComparer.OrdinalIgnoreCase))
            return Attribute(key, start + dot + 1);
        var collection = language.Collections.FirstOrDefault(c => c.IsCalled(entity)) ?? throw tokens.Fail(
            start,
            $"{Upper(language.Entities)} have no '{TokenReader.Shorten(entity)}'",
            string.Join(", ", language.Collections.Where(c => c.Refusal is null).Select(c => c.Name).Prepend("attributes")),
            Spelling.Nearest(entity, language.Collections.SelectMany(c => c.Aliases.Prepend(c.Name)).Concat(language.OfAttributes)));
        if (collection.Refusal is { } refusal)
            throw tokens.Fail(start, refusal);
        CheckKey(key, start + dot + 1);
        return collection.Of(key);
    }

    private SearchAttribute Attribute(string name, int start) =>
        language.Attributes.FirstOrDefault(a => a.IsCalled(name)) ?? throw tokens.Fail(
            start,
            $"{Upper(language.Entities)} have no attribute '{TokenReader.Shorten(name)}'",
            $"one of {Known}",
            Spelling.Nearest(name, language.Attributes.SelectMany(a => a.Aliases.Prepend(a.Name))));

    private void CheckKey(string key, int start)
    {
        if (key.Length == 0)
            throw tokens.Fail(start, "The key is empty", "a key, in backticks if it holds other characters than letters, digits and ._-/:");
        if (key.Length > EntityText.MaxKeyLength)
            throw tokens.Fail(start, $"The key has {key.Length} characters, more than {EntityText.MaxKeyLength}");
        if (key.Any(char.IsControl) || EntityText.HasLoneSurrogate(key))
            throw tokens.Fail(start, "The key holds a control character or half a surrogate pair, which no key does");
    }

    private static string Upper(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
