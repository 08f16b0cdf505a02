using System.Globalization;

namespace Mlops.Benchmarks;

/// <summary>What a ratio must reach.</summary>
internal readonly record struct Bound(bool IsUpper, double Limit)
{
    public static Bound AtMost(double limit) => new(IsUpper: true, limit);

    public static Bound AtLeast(double limit) => new(IsUpper: false, limit);

    // NaN meets no bound
    public bool Holds(double ratio) => IsUpper ? ratio <= Limit : ratio >= Limit;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsUpper ? "<=" : ">=")} {Limit}");
}
