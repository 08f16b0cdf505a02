namespace Mlops.Storage;

/// <summary>
/// Takes the next number of a counter and sets it as a write-once number field. Numbers of a counter start at 1, are dense and
/// unique whoever races, and are never given again, not even after a purge.
/// </summary>
/// <param name="Field">The field that receives the number.</param>
/// <param name="Counter">The counter, for example <c>model/delay-classifier</c>; at most 300 characters.</param>
public sealed record Allocation(string Field, string Counter);
