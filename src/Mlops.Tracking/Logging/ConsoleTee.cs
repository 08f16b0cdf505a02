using System.Text;

namespace Mlops.Tracking;

/// <summary>Passes text on, and tells each whole line. Thread-safe.</summary>
internal sealed class ConsoleTee(TextWriter target, Action<string> tell) : TextWriter(target.FormatProvider)
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();
    private bool _isStopped;

    public override Encoding Encoding => target.Encoding;

    public override void Write(char value)
    {
        target.Write(value);
        Take([value]);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        target.Write(buffer, index, count);
        Take(buffer.AsSpan(index, count));
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        target.Write(buffer);
        Take(buffer);
    }

    public override void Write(string? value)
    {
        target.Write(value);
        Take(value);
    }

    public override void WriteLine(string? value)
    {
        target.WriteLine(value);
        Take(value);
        Take("\n");
    }

    public override void Flush() => target.Flush();

    /// <summary>Tells a last line that was not ended, and nothing from then on.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_line.Length > 0)
                Tell();
            _isStopped = true;
        }
    }

    private void Take(ReadOnlySpan<char> text)
    {
        lock (_gate)
        {
            while (!_isStopped && !text.IsEmpty)
            {
                var end = text.IndexOf('\n');
                var part = end < 0 ? text : text[..end];

                // whoever writes without ever ending a line gets lines all the same
                part = part[..Math.Min(part.Length, RunLog.MostCharacters - _line.Length)];
                _line.Append(part);
                text = text[part.Length..];
                if (text is ['\n', ..])
                    text = text[1..];
                else if (_line.Length < RunLog.MostCharacters)
                    continue;
                Tell();
            }
        }
    }

    private void Tell()
    {
        var line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        tell(line);
    }
}
