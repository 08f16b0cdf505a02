namespace Mlops.Storage.Sqlite;

/// <summary>Remembers some terms for some questions; forgetting one only costs time, and so does knowing one for too long.</summary>
internal sealed class RecentTerms
{
    private const int MostTerms = 64;
    private const int MostQuestions = 1_000;
    private readonly HashSet<Filter> _terms = [];
    private int _questions;

    public bool Contains(Filter term)
    {
        if (++_questions >= MostQuestions)
            Clear();
        return _terms.Contains(term);
    }

    public void Add(Filter term)
    {
        if (_terms.Count >= MostTerms)
            Clear();
        _terms.Add(term);
    }

    private void Clear()
    {
        _terms.Clear();
        _questions = 0;
    }
}
