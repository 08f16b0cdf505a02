using System.Globalization;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>The values of a query on their way into numbered parameters. No value ever becomes part of the SQL.</summary>
internal sealed class QueryParameters
{
    private readonly List<NpgsqlParameter> _values = [];
    private readonly Dictionary<long, string> _names = [];
    private readonly Dictionary<string, string> _unknown = new(StringComparer.Ordinal);

    public NpgsqlParameter[] ToArray() => [.. _values];

    /// <summary>Adds a value and returns its place in the SQL.</summary>
    public string Add(NpgsqlParameter value)
    {
        _values.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"${_values.Count}");
    }

    /// <summary>Adds the number of a name, once.</summary>
    public string AddName(long number)
    {
        if (!_names.TryGetValue(number, out var place))
            _names.Add(number, place = Add(Args.Of(number)));
        return place;
    }

    /// <summary>Adds a name whose number is not known, once; the statement looks it up, and NULL is the number of none.</summary>
    public string AddUnknownName(string name)
    {
        if (!_unknown.TryGetValue(name, out var place))
            _unknown.Add(name, place = $"(SELECT id FROM mlops.names WHERE name = {Add(Args.Of(name))})");
        return place;
    }
}
