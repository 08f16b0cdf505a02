using System.Text;

namespace Mlops.Storage;

/// <summary>
/// What every backend asks of a <see cref="Batch"/> before it touches its database: the limits that the contract's types
/// document. What depends on the state of the store is checked when the batch commits.
/// </summary>
public static class BatchValidator
{
    /// <summary>Longest name of a field or series, key of a cell, and counter, in UTF-16 units.</summary>
    public const int NameLength = 300;

    /// <summary>Longest key of a record, in UTF-16 units.</summary>
    public const int KeyLength = 1000;

    private const int KindLength = 50;
    private const int ActionLength = 100;
    private const int ActorLength = 200;

    /// <summary>Checks a batch.</summary>
    /// <exception cref="ArgumentException">The batch is malformed; the message names the item.</exception>
    public static void Validate(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckText(batch.Actor, ActorLength, "", "Actor");
        if (batch.Key is { } key)
        {
            Require(!key.Writer.IsEmpty, "", "Key.Writer", "is empty");
            Require(key.Sequence >= 1, "", "Key.Sequence", "must be at least 1");
        }

        for (var i = 0; i < batch.Preconditions.Count; i++)
        {
            Require(!batch.Preconditions[i].Record.IsEmpty, $"Preconditions[{i}].", "Record", "is empty");
            Require(batch.Preconditions[i].Revision >= 0, $"Preconditions[{i}].", "Revision", "is negative");
        }

        for (var i = 0; i < batch.Changes.Count; i++)
            Check(batch.Changes[i], $"Changes[{i}].");
        for (var i = 0; i < batch.Appends.Count; i++)
            Check(batch.Appends[i], $"Appends[{i}].");
        for (var i = 0; i < batch.Cells.Count; i++)
            Check(batch.Cells[i], $"Cells[{i}].");
    }

    internal static void CheckKind(string? kind, string at, string item) =>
        Require(
            kind is { Length: >= 1 and <= KindLength } && kind.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_'),
            at,
            item,
            $"must be 1 to {KindLength} lower-case letters, digits, '-' or '_', not '{kind}'");

    internal static void CheckText(string? text, int most, string at, string item)
    {
        Require(!string.IsNullOrEmpty(text), at, item, "is empty");
        Require(text!.Length <= most, at, item, $"has {text.Length} characters, more than {most}");
        foreach (var c in text)
        {
            if (char.IsControl(c))
                throw Malformed(at, item, $"holds the control character U+{(int)c:X4}");
            if (char.IsSurrogate(c))
            {
                Require(IsWellFormed(text), at, item, "is not well-formed Unicode");
                return;
            }
        }
    }

    internal static void Require(bool condition, string at, string item, string problem)
    {
        if (!condition)
            throw Malformed(at, item, problem);
    }

    private static ArgumentException Malformed(string at, string item, string problem) => new($"{at}{item} {problem}.");

    private static bool IsWellFormed(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar && !text.Contains('\uFFFD', StringComparison.Ordinal))
                return false;
            if (Rune.IsControl(rune))
                return false;
        }

        return true;
    }

    private static void Check(RecordChange change, string at)
    {
        Require(!change.Id.IsEmpty, at, "Id", "is empty");
        CheckKind(change.Kind, at, "Kind");
        Require(change.Mode is ChangeMode.Create or ChangeMode.Ensure or ChangeMode.Update, at, "Mode", $"is unknown: {change.Mode}");
        CheckText(change.Action, ActionLength, at, "Action");
        if (change.Mode != ChangeMode.Update && change.Key is not null)
            CheckText(change.Key, KeyLength, at, "Key");
        Require(change.Mode != ChangeMode.Ensure || change.Key is not null, at, "Key", "is missing; Ensure finds a record by it");
        for (var i = 0; i < change.Fields.Count; i++)
        {
            var write = change.Fields[i];
            if (IsPlain(write))
                continue;
            Check(write, $"{at}Fields[{i}].");
        }

        for (var i = 0; i < change.Allocations.Count; i++)
        {
            CheckText(change.Allocations[i].Field, NameLength, $"{at}Allocations[{i}].", "Field");
            CheckText(change.Allocations[i].Counter, NameLength, $"{at}Allocations[{i}].", "Counter");
        }

        for (var i = 0; i < (change.Seal?.Count ?? 0); i++)
        {
            var pattern = change.Seal![i];
            CheckText(pattern, NameLength, at, $"Seal[{i}]");
            Require(pattern.IndexOf('*', StringComparison.Ordinal) is var star && (star < 0 || star == pattern.Length - 1), at, $"Seal[{i}]", "has a '*' that is not at its end");
        }

        if (change.Purge)
        {
            Require(change.Mode == ChangeMode.Update, at, "Purge", "needs the mode Update");
            Require(
                change.Body is null && change.Fields.Count == 0 && change.Allocations.Count == 0 && change.Seal is null,
                at,
                "Purge",
                "takes neither body, fields, allocations nor seal, for nothing of them would be left");
        }
    }

    // the common case, a short name with one text or number, costs no message
    private static bool IsPlain(FieldWrite write)
    {
        if (write.Values is not [{ Type: FieldType.Text or FieldType.Number }]
            || write.Mode is not (FieldWriteMode.Replace or FieldWriteMode.Once or FieldWriteMode.Add)
            || write.Name is not { Length: >= 1 and <= NameLength })
        {
            return false;
        }

        return write.Name.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;
    }

    private static void Check(FieldWrite write, string at)
    {
        CheckText(write.Name, NameLength, at, "Name");
        Require(write.Mode is FieldWriteMode.Replace or FieldWriteMode.Once or FieldWriteMode.Add, at, "Mode", $"is unknown: {write.Mode}");
        Require(write.Mode != FieldWriteMode.Once || write.Values.Count == 1, at, "Values", "must be exactly one for a write-once field");
        Require(write.Mode != FieldWriteMode.Add || write.Values.Count >= 1, at, "Values", "is empty; there is nothing to add");
        for (var i = 0; i < write.Values.Count; i++)
            Check(write.Values[i], at, $"Values[{i}]");
    }

    internal static void Check(FieldValue value, string at, string item)
    {
        Require(value.Type is >= FieldType.Text and <= FieldType.Digest, at, item, "has no value");
        if (value.Type == FieldType.Digest)
            Require(!value.AsDigest.IsEmpty, at, item, "is the empty digest");
        if (value.Type != FieldType.Reference)
            return;
        if (value.ReferenceKey is { } key)
        {
            CheckKind(key.Kind, at, item + " (kind)");
            CheckText(key.Key, KeyLength, at, item + " (key)");
        }
        else
        {
            Require(!value.AsReference.IsEmpty, at, item, "refers to the empty id");
        }
    }

    private static void Check(SeriesAppend append, string at)
    {
        Require(!append.Owner.IsEmpty, at, "Owner", "is empty");
        CheckText(append.Name, NameLength, at, "Name");
        Require(append.Points is { Count: > 0 }, at, "Points", "is empty");
        Require(append.Points.Type is >= SeriesType.Number and <= SeriesType.Digest, at, "Points.Type", $"is unknown: {append.Points.Type}");
        if (append.Points.Type == SeriesType.Text)
        {
            for (var i = 0; i < append.Points.Count; i++)
                Require(append.Points.Texts.Span[i] is not null, at, $"Points.Texts[{i}]", "is null");
        }
    }

    private static void Check(CellWrite cell, string at)
    {
        CheckText(cell.Key, NameLength, at, "Key");
        Require(cell.Owner is not { IsEmpty: true }, at, "Owner", "is empty");
        Require(cell.Lifetime is not { Ticks: <= 0 }, at, "Lifetime", "must be positive");
        Require(cell.ExpectedVersion is not < 0, at, "ExpectedVersion", "is negative");
    }
}
