using System.Text.Json.Serialization;

namespace Mlops.Metadata;

/// <summary>A column of a table: numbers or texts, where null is missing.</summary>
public sealed record ValueColumn
{
    /// <summary>A column of numbers; NaN and infinities are values.</summary>
    public ValueColumn(string name, IReadOnlyList<double?> numbers)
        : this(name, numbers ?? throw new ArgumentNullException(nameof(numbers)), null)
    {
    }

    /// <summary>A column of texts.</summary>
    public ValueColumn(string name, IReadOnlyList<string?> texts)
        : this(name, null, texts ?? throw new ArgumentNullException(nameof(texts)))
    {
    }

    [JsonConstructor]
    internal ValueColumn(string name, IReadOnlyList<double?>? numbers, IReadOnlyList<string?>? texts)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (numbers is null == texts is null)
            throw new ArgumentException($"The column '{name}' has either numbers or texts.", nameof(texts));
        Name = name;
        Numbers = numbers;
        Texts = texts;
    }

    /// <summary>The name; unique in its table.</summary>
    public string Name { get; }

    /// <summary>The numbers; null if it is a column of texts.</summary>
    public IReadOnlyList<double?>? Numbers { get; }

    /// <summary>The texts; null if it is a column of numbers.</summary>
    public IReadOnlyList<string?>? Texts { get; }

    /// <summary>How many rows it has.</summary>
    [JsonIgnore]
    public int Count => Numbers?.Count ?? Texts!.Count;
}
