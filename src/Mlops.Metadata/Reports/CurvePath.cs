using System.Globalization;
using System.Text;

namespace Mlops.Metadata;

/// <summary>The path of a curve in whole numbers, each point relative to the one before. A point alone becomes a dot.</summary>
internal sealed class CurvePath
{
    private readonly StringBuilder _path = new();
    private long _x;
    private long _y;
    private int _length;

    public void Add(double x, double y)
    {
        var (toX, toY) = ((long)Math.Round(x), (long)Math.Round(y));
        if (_length++ == 0)
            _path.Append(CultureInfo.InvariantCulture, $"M{toX} {toY}");
        else
            _path.Append(CultureInfo.InvariantCulture, $"l{toX - _x} {toY - _y}");
        (_x, _y) = (toX, toY);
    }

    public void Break()
    {
        if (_length == 1)
            _path.Append("h0");
        _length = 0;
    }

    public override string ToString()
    {
        Break();
        return _path.ToString();
    }
}
