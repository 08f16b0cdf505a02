namespace Mlops.Storage;

/// <summary>How far a copy is.</summary>
/// <param name="Records">Records looked at.</param>
/// <param name="Points">Points copied.</param>
/// <param name="ObjectBytes">Bytes of objects copied.</param>
public readonly record struct CopyProgress(long Records, long Points, long ObjectBytes);
