namespace Mlops.Storage;

/// <summary>Writes one field of a record.</summary>
/// <param name="Name">1 to 300 characters without control characters, for example <c>params.lr</c>.</param>
/// <param name="Mode">How it meets earlier values.</param>
/// <param name="Values">The values; exactly one for <see cref="FieldWriteMode.Once"/>.</param>
public sealed record FieldWrite(string Name, FieldWriteMode Mode, IReadOnlyList<FieldValue> Values)
{
    /// <summary>Replaces the field by one value.</summary>
    public static FieldWrite Set(string name, FieldValue value) => new(name, FieldWriteMode.Replace, [value]);

    /// <summary>Sets the field unless it has a value.</summary>
    public static FieldWrite Once(string name, FieldValue value) => new(name, FieldWriteMode.Once, [value]);

    /// <summary>Adds one value to the field.</summary>
    public static FieldWrite Add(string name, FieldValue value) => new(name, FieldWriteMode.Add, [value]);

    /// <summary>Removes the field.</summary>
    public static FieldWrite Remove(string name) => new(name, FieldWriteMode.Replace, []);
}
