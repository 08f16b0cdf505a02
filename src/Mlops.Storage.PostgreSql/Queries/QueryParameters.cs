using System.Globalization;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>The values of a query on their way into numbered parameters. No value ever becomes part of the SQL.</summary>
internal sealed class QueryParameters
{
    private readonly List<NpgsqlParameter> _values = [];
    private readonly Dictionary<long, string> _names = [];

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
}
