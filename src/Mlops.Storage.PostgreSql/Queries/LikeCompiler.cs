using System.Text;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Says in SQL what <see cref="LikePattern"/> means. LIKE knows the same two signs; ILIKE does not fold as this SDK does, so
/// letters are folded here, most cheaply where a text is ASCII. The escapes of U+0000 and U+0001 become single characters, of
/// the two that Unicode keeps for such use, so that one sign stands for one character.
/// </summary>
internal static class LikeCompiler
{
    private const int Zero = 0xFDD0;
    private const int One = 0xFDD1;

    private static readonly Lazy<(string From, string To)> Folding = new(FindFolding);

    public static string Compile(QueryParameters parameters, string column, string pattern, bool ignoreCase)
    {
        var text = FormattableString.Invariant($"replace(replace({column}, chr(1) || chr(1), chr({Zero})), chr(1) || chr(2), chr({One}))");
        if (ignoreCase)
        {
            var (from, to) = Folding.Value;
            text = $"CASE WHEN octet_length({column}) = char_length({column}) THEN upper({text}) "
                + $"ELSE translate({text}, {parameters.Add(Args.Of(from))}, {parameters.Add(Args.Of(to))}) END";
        }

        return $"{text} LIKE {parameters.Add(Args.Of(Translate(pattern, ignoreCase)))}";
    }

    private static string Translate(string pattern, bool ignoreCase)
    {
        var sql = new StringBuilder(pattern.Length + 8);
        foreach (var rune in pattern.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '\\':
                    sql.Append(@"\\");
                    break;
                case 0:
                    sql.Append((char)Zero);
                    break;
                case 1:
                    sql.Append((char)One);
                    break;
                default:
                    sql.Append((ignoreCase ? Rune.ToUpperInvariant(rune) : rune).ToString());
                    break;
            }
        }

        return sql.ToString();
    }

    private static (string From, string To) FindFolding()
    {
        var from = new StringBuilder();
        var to = new StringBuilder();
        for (var value = 1; value <= 0x1FFFF; value++)
        {
            if (Rune.IsValid(value) && Rune.ToUpperInvariant(new Rune(value)) is var upper && upper.Value != value)
            {
                from.Append(new Rune(value).ToString());
                to.Append(upper.ToString());
            }
        }

        return (from.ToString(), to.ToString());
    }
}
