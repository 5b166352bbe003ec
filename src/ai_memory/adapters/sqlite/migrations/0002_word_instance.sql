-- Where each word of the keyword index occurs: a view of `words` that stores nothing.
CREATE VIRTUAL TABLE word_instance USING fts5vocab (words, instance);
