"""Both ways of rendering the publication: Quarto, and Pandoc with Typst."""
