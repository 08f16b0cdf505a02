namespace Mlops.Storage;

/// <summary>A field while the writes of one change are applied to it.</summary>
internal sealed class FieldState(string name, FieldValue[] before)
{
    public string Name { get; } = name;

    public FieldValue[] Before { get; } = before;

    public IReadOnlyList<FieldValue> Now { get; private set; } = before;

    /// <summary>Takes new values.</summary>
    public void Set(IReadOnlyList<FieldValue> values) => Now = values;

    public bool Contains(FieldValue value)
    {
        foreach (var present in Now)
        {
            if (present.IsSame(value))
                return true;
        }

        return false;
    }

    /// <summary>Whether the values differ from those before the change; the number beside a text counts here.</summary>
    public bool IsChanged()
    {
        if (ReferenceEquals(Now, Before))
            return false;
        if (Now.Count != Before.Length)
            return true;
        for (var i = 0; i < Before.Length; i++)
        {
            if (!Before[i].IsSame(Now[i]) || !Nullable.Equals(Before[i].AsNumber, Now[i].AsNumber))
                return true;
        }

        return false;
    }
}
