using System.Buffers;
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
    private static readonly SearchValues<char> KindCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Checks a batch.</summary>
    /// <exception cref="ArgumentException">The batch is malformed; the message names the item.</exception>
    public static void Validate(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckText(batch.Actor, ActorLength, default, "Actor");
        if (batch.Key is { } key)
        {
            Require(!key.Writer.IsEmpty, default, "Key.Writer", "is empty");
            Require(key.Sequence >= 1, default, "Key.Sequence", "must be at least 1");
            Require(key.Follows is null || (key.Follows >= 0 && key.Follows < key.Sequence), default, "Key.Follows", "must be from 0 to below Key.Sequence");
        }

        for (var i = 0; i < batch.Preconditions.Count; i++)
        {
            var at = new ItemPlace("Preconditions[{0}].", i);
            Require(!batch.Preconditions[i].Record.IsEmpty, at, "Record", "is empty");
            Require(batch.Preconditions[i].Revision >= 0, at, "Revision", "is negative");
        }

        for (var i = 0; i < batch.Changes.Count; i++)
            Check(batch.Changes[i], i);
        for (var i = 0; i < batch.Appends.Count; i++)
            Check(batch.Appends[i], i);
        for (var i = 0; i < batch.Cells.Count; i++)
            Check(batch.Cells[i], new ItemPlace("Cells[{0}].", i));
    }

    internal static void CheckKind(string? kind, ItemPlace at, string item)
    {
        if (kind is not { Length: >= 1 and <= KindLength } || kind.AsSpan().ContainsAnyExcept(KindCharacters))
            throw Malformed(at, item, $"must be 1 to {KindLength} lower-case letters, digits, '-' or '_', not '{kind}'");
    }

    internal static void CheckText(string? text, int most, ItemPlace at, string item)
    {
        Require(!string.IsNullOrEmpty(text), at, item, "is empty");
        if (text!.Length > most)
            throw Malformed(at, item, $"has {text.Length} characters, more than {most}");
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

    private static void Require(bool condition, ItemPlace at, string item, string problem)
    {
        if (!condition)
            throw Malformed(at, item, problem);
    }

    private static ArgumentException Malformed(ItemPlace at, string item, string problem) => new($"{at}{item} {problem}.");

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

    private static void Check(RecordChange change, int index)
    {
        var at = new ItemPlace("Changes[{0}].", index);
        Require(!change.Id.IsEmpty, at, "Id", "is empty");
        CheckKind(change.Kind, at, "Kind");
        if (change.Mode is not (ChangeMode.Create or ChangeMode.Ensure or ChangeMode.Update))
            throw Malformed(at, "Mode", $"is unknown: {change.Mode}");
        CheckText(change.Action, ActionLength, at, "Action");
        if (change.Mode != ChangeMode.Update && change.Key is not null)
            CheckText(change.Key, KeyLength, at, "Key");
        Require(change.Mode != ChangeMode.Ensure || change.Key is not null, at, "Key", "is missing; Ensure finds a record by it");
        for (var i = 0; i < change.Fields.Count; i++)
            Check(change.Fields[i], index, i);
        for (var i = 0; i < change.Allocations.Count; i++)
        {
            var place = new ItemPlace("Changes[{0}].Allocations[{1}].", index, i);
            CheckText(change.Allocations[i].Field, NameLength, place, "Field");
            CheckText(change.Allocations[i].Counter, NameLength, place, "Counter");
        }

        for (var i = 0; i < (change.Seal?.Count ?? 0); i++)
        {
            var place = new ItemPlace("Changes[{0}].Seal[{1}]", index, i);
            var pattern = change.Seal![i];
            CheckText(pattern, NameLength, place, "");
            Require(pattern.IndexOf('*', StringComparison.Ordinal) is var star && (star < 0 || star == pattern.Length - 1), place, "", "has a '*' that is not at its end");
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

    private static void Check(FieldWrite write, int change, int index)
    {
        var at = new ItemPlace("Changes[{0}].Fields[{1}].", change, index);
        CheckText(write.Name, NameLength, at, "Name");
        if (write.Mode is not (FieldWriteMode.Replace or FieldWriteMode.Once or FieldWriteMode.Add))
            throw Malformed(at, "Mode", $"is unknown: {write.Mode}");
        Require(write.Mode != FieldWriteMode.Once || write.Values.Count == 1, at, "Values", "must be exactly one for a write-once field");
        Require(write.Mode != FieldWriteMode.Add || write.Values.Count >= 1, at, "Values", "is empty; there is nothing to add");
        for (var i = 0; i < write.Values.Count; i++)
            Check(write.Values[i], new ItemPlace("Changes[{0}].Fields[{1}].Values[{2}]", change, index, i));
    }

    private static void Check(FieldValue value, ItemPlace at)
    {
        Require(value.Type is >= FieldType.Text and <= FieldType.Digest, at, "", "has no value");
        if (value.Type == FieldType.Digest)
            Require(!value.AsDigest.IsEmpty, at, "", "is the empty digest");
        if (value.Type != FieldType.Reference)
            return;
        if (value.ReferenceKey is { } key)
        {
            CheckKind(key.Kind, at, " (kind)");
            CheckText(key.Key, KeyLength, at, " (key)");
        }
        else
        {
            Require(!value.AsReference.IsEmpty, at, "", "refers to the empty id");
        }
    }

    private static void Check(SeriesAppend append, int index)
    {
        var at = new ItemPlace("Appends[{0}].", index);
        Require(!append.Owner.IsEmpty, at, "Owner", "is empty");
        CheckText(append.Name, NameLength, at, "Name");
        Require(append.Points is { Count: > 0 }, at, "Points", "is empty");
        if (append.Points.Type is not (>= SeriesType.Number and <= SeriesType.Digest))
            throw Malformed(at, "Points.Type", $"is unknown: {append.Points.Type}");
        if (append.Points.Type != SeriesType.Text)
            return;
        var nothing = append.Points.Texts.Span.IndexOf((string?)null);
        Require(nothing < 0, new ItemPlace("Appends[{0}].Points.Texts[{1}]", index, nothing), "", "is null");
    }

    private static void Check(CellWrite cell, ItemPlace at)
    {
        CheckText(cell.Key, NameLength, at, "Key");
        Require(cell.Owner is not { IsEmpty: true }, at, "Owner", "is empty");
        Require(cell.Lifetime is not { Ticks: <= 0 }, at, "Lifetime", "must be positive");
        Require(cell.ExpectedVersion is not < 0, at, "ExpectedVersion", "is negative");
    }
}
