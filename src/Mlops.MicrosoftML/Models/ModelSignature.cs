namespace Mlops.MicrosoftML;

/// <summary>What <c>signature.json</c> beside a model holds.</summary>
/// <param name="Framework">Always <c>ML.NET</c>.</param>
/// <param name="Inputs">The columns that the model was told of when it was saved.</param>
/// <param name="Outputs">All columns after it.</param>
/// <param name="Digest">See <see cref="ModelZip.Digest"/>.</param>
internal sealed record ModelSignature(string Framework, IReadOnlyList<SchemaColumn> Inputs, IReadOnlyList<SchemaColumn> Outputs, string Digest);
