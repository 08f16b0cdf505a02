namespace Mlops.Metadata;

/// <summary>How a table is written.</summary>
public enum TableFormat
{
    /// <summary>Aligned columns for a console: numbers to six digits, long texts cut, the best marked with <c>*</c>.</summary>
    Console = 1,

    /// <summary>A Markdown table; the best is bold.</summary>
    Markdown = 2,

    /// <summary>
    /// RFC 4180 with a header; numbers are invariant and round-trip. Texts are written as they were logged: a spreadsheet may
    /// take one that begins with <c>=</c>, <c>+</c>, <c>-</c> or <c>@</c> for a formula, so import the columns as text.
    /// </summary>
    Csv = 3,

    /// <summary>
    /// An object with <c>columns</c> and <c>rows</c>, each row with its <c>cells</c> and, where there is a best, its places in
    /// <c>best</c>. Numbers that JSON lacks are the texts "NaN", "Infinity" and "-Infinity"; a missing cell is null.
    /// </summary>
    Json = 4,
}
