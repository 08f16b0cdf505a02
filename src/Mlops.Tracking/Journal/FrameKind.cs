namespace Mlops.Tracking;

/// <summary>What a frame of several slots carries.</summary>
internal enum FrameKind
{
    /// <summary>Which run and metric a key stands for, in every segment anew: key (4), run id (16), series name (UTF-8).</summary>
    Key = 1,

    /// <summary>A closed batch in the form of <see cref="Storage.BatchCodec"/>.</summary>
    Batch = 2,

    /// <summary>A point of a series of texts: key (4), step (8), time (8), text (UTF-8).</summary>
    Text = 3,

    /// <summary>A point whose step or time does not fit into a slot: key (4), step (8), time (8), value (8).</summary>
    Point = 4,
}
