"""How work is cut: pages by slots, pages, episodes; and how a storyboard's cells are entered."""
